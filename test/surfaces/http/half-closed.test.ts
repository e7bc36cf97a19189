import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { RequestEntry } from '../../../src/surfaces/http/service.js';
import { documents, query, startServer } from './start.js';

const body = JSON.stringify({ query, documents });
const request = (version: string) =>
  `POST /v2/rerank HTTP/${version}\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** A server whose comparison waits until it is let go or aborted, and a socket that has asked it. */
async function ask(version = '1.1') {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const seen = { began: 0, aborted: 0 };
  const entries: RequestEntry[] = [];
  const server = await startServer(
    { onRequest: (entry) => entries.push(entry) },
    {
      before: (signal) =>
        new Promise((resolve, reject) => {
          seen.began += 1;
          opened.then(resolve);
          signal?.addEventListener('abort', () => {
            seen.aborted += 1;
            reject(signal.reason);
          });
        }),
    },
  );
  const socket: Socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  socket.write(request(version));
  await expect.poll(() => seen.began).toBe(1);
  return { server, socket, seen, entries, open: () => open() };
}

describe('a client that has ended its side', () => {
  test('and still reads gets its answer, after interim ones', async () => {
    const { server, socket, seen, open } = await ask();
    const answer = text(socket);
    socket.end();
    // More than the two signs of life that would have told that it is gone.
    await once(socket, 'data');
    await once(socket, 'data');
    expect(seen.aborted).toBe(0);
    open();
    const told = await answer;
    expect(told).toMatch(/^(HTTP\/1.1 102 Processing\r\n\r\n){2,}HTTP\/1.1 200 OK\r\n/);
    expect(JSON.parse(told.slice(told.lastIndexOf('\r\n\r\n')))).toMatchObject({
      results: [{ index: 3 }, {}, {}, {}],
    });
    await server.stop();
  });

  test('at once after its request gets its answer', async () => {
    await using server = await startServer();
    const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.end(request('1.1'));
    expect(await text(socket)).toMatch(/HTTP\/1.1 200 OK\r\n/);
  });

  test('and is gone stops its work', async () => {
    const { server, socket, seen, entries } = await ask();
    socket.destroy();
    await expect.poll(() => seen.aborted).toBe(1);
    await expect.poll(() => entries.map(({ status }) => status)).toEqual([499]);
    await server.stop();
  });

  test('in HTTP/1.0, which has no interim answers, is taken to be gone', async () => {
    const { server, socket, seen } = await ask('1.0');
    socket.end();
    expect(await text(socket)).toBe('');
    expect(seen.aborted).toBe(1);
    await server.stop();
  });

  test('without having asked anything is let go', async () => {
    await using server = await startServer();
    const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.end();
    expect(await text(socket)).toBe('');
  });
});
