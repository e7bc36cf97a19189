import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import { RankforgeError } from '../../core/errors.js';
import { answerHalfClosed } from './half-closed.js';
import type { Service } from './service.js';

export interface ListenOptions {
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** 0 for any free one. @default 8080 */
  readonly port?: number;
  /** Milliseconds for all headers to come. @default 10000 */
  readonly headersTimeout?: number;
  /** Milliseconds for the whole request to come, its body included, and that a client may read nothing of its answer. @default 30000 */
  readonly bodyTimeout?: number;
  /** Milliseconds that what runs has to end in, once the server stops. @default 30000 */
  readonly stopTimeout?: number;
}

export interface RunningServer extends AsyncDisposable {
  /** For instance `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  /**
   * Refuses what is new with 503, closes the port a moment later, lets what runs end within `stopTimeout`, aborts the rest, and closes. A second call waits for the
   * same end.
   */
  stop(): Promise<void>;
}

/** Serves over HTTP/1.1. @throws RankforgeError `usage` for a host or port that cannot be had */
export async function listen(
  service: Service,
  {
    host = '127.0.0.1',
    port = 8080,
    headersTimeout = 10_000,
    bodyTimeout = 30_000,
    stopTimeout = 30_000,
  }: ListenOptions = {},
): Promise<RunningServer> {
  const server = createAdaptorServer({
    fetch: service.app.fetch,
    // A library leaves its user's globals alone.
    overrideGlobalObjects: false,
    serverOptions: {
      headersTimeout,
      requestTimeout: Math.max(headersTimeout, bodyTimeout),
      // Longer than a load balancer keeps a connection: who closes first should not be the one that is asked next.
      keepAliveTimeout: 65_000,
      // Node looks for slow requests every 30 s otherwise, whatever the limits.
      connectionsCheckingInterval: Math.min(1000, headersTimeout),
    },
  }) as Server;
  answerHalfClosed(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  let stopped: Promise<void> | undefined;

  // Node's own closeIdleConnections leaves those that have not asked anything yet, as clients open to have at hand.
  const idle = new Set<Socket>();
  let events = 0;
  server.on('connection', (socket: Socket) => {
    events += 1;
    idle.add(socket);
    socket.once('close', () => idle.delete(socket));
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    events += 1;
    idle.delete(socket);
    // Who does not read the answer leaves it in our memory.
    response.once('prefinish', () => response.setTimeout(bodyTimeout, () => socket.destroy()));
    response.once('close', () => {
      if (stopped) socket.destroySoon();
      else if (!socket.destroyed) idle.add(socket);
    });
  });

  // Requests that have come and are not read yet get their 503: closing at once would reset them without a word. The pause
  // is for those under way, the turns for a loop that was busy: Node takes one connection a turn, and reads it in another.
  const whatHasCome = async (): Promise<void> => {
    await delay(100);
    const end = performance.now() + Math.min(5000, stopTimeout);
    for (let calm = 0; calm < 3 && performance.now() < end; ) {
      const before = events;
      await nextTurn();
      calm = events === before ? calm + 1 : 0;
    }
  };

  const stop = async (): Promise<void> => {
    service.beginStop();
    await whatHasCome();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of idle) socket.destroy();
    const limit = setTimeout(() => {
      service.abort();
      // Time for the refusals to be written.
      setTimeout(() => server.closeAllConnections(), 500).unref();
    }, stopTimeout);
    await closed;
    clearTimeout(limit);
  };

  const stopOnce = (): Promise<void> => {
    stopped ??= stop();
    return stopped;
  };
  return {
    url: `http://${host.includes(':') ? `[${host.replace(/[[\]]/g, '')}]` : host}:${address.port}`,
    port: address.port,
    stop: stopOnce,
    [Symbol.asyncDispose]: stopOnce,
  };
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): RankforgeError {
  const why =
    error.code === 'EADDRINUSE'
      ? `Port ${port} of ${host} is taken`
      : error.code === 'EACCES'
        ? `Port ${port} needs more rights than this process has`
        : `The server cannot listen on ${host}:${port} (${error.code})`;
  return new RankforgeError('usage', why, {
    where: `${host}:${port}`,
    hint: (spell) => `Choose another ${spell('host')} or ${spell('port')}; port 0 is any free one.`,
    cause: error,
  });
}
