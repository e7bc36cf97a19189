import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Milliseconds between signs of life to a client that has ended its side. The first two are close: the first provokes a reset, the second meets it. */
const pauses = [20, 1000] as const;

/**
 * Answers clients that end their side after the request and go on reading, as `nc -N` does. One that has closed the
 * connection looks the same at first, and only writing tells them apart: a closed side answers with a reset. So interim
 * responses (102, which clients skip) are written until the answer begins; a client that is gone is seen at the second.
 */
export function answerHalfClosed(server: Server): void {
  // Node ends its side too otherwise, answer or none. It has no other way to say so.
  Object.assign(server, { httpAllowHalfOpen: true });
  const answering = new WeakMap<Socket, ServerResponse>();
  server.on('request', ({ socket }, response: ServerResponse) => answering.set(socket, response));
  server.on('connection', (socket: Socket) => {
    socket.once('end', () => {
      const response = answering.get(socket);
      if (response && !response.headersSent) probe(response, socket);
    });
  });
}

function probe(response: ServerResponse, socket: Socket): void {
  // HTTP/1.0 knows no interim responses: there a client that ends its side is taken to be gone.
  if (response.req.httpVersion === '1.0') {
    socket.destroy();
    return;
  }
  let timer: NodeJS.Timeout | undefined;
  const signal = (pause: number): void => {
    if (response.headersSent) return;
    response.writeProcessing();
    timer = setTimeout(signal, pause, pauses[1]);
  };
  signal(pauses[0]);
  response.once('close', () => clearTimeout(timer));
}
