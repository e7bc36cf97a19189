import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningServer } from '../../../src/surfaces/http/listen.js';
import { documents, post, query, startServer } from './start.js';

const mebi = 2 ** 20;
let server: RunningServer;
let began = 0;
let open: () => void;
const sockets: Socket[] = [];

beforeEach(() => {
  began = 0;
});
afterEach(async () => {
  open();
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.stop();
});

/** A server whose comparisons wait until they are let go. */
async function start(options: Parameters<typeof startServer>[0]): Promise<void> {
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const before = () => {
    began += 1;
    return opened;
  };
  server = await startServer(options, { before });
}

const bodyOf = (bytes: number): string => JSON.stringify({ query, documents: ['x'.repeat(bytes), 'y'] });

/** Sends a head that announces more than what follows it. */
async function announce(announced: number, sent = ''): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  sockets.push(socket);
  await once(socket, 'connect');
  socket.write(
    `POST /v2/rerank HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${announced}\r\n\r\n${sent}`,
  );
  return socket;
}

test('a full queue refuses before the body is read', async () => {
  await start({ concurrency: 1, waiting: 0 });
  const running = post(`${server.url}/v2/rerank`, bodyOf(10));
  await expect.poll(() => began).toBe(1);
  // Not a byte of the body is sent, and still there is an answer.
  const socket = await announce(mebi);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(String(answer)).toMatch(/^HTTP\/1.1 429 .*\r\nretry-after: [1-9]/is);
  open();
  expect((await running).status).toBe(200);
});

test('bodies are held up to a limit in all, and the room comes back when they are answered', async () => {
  await start({ maxTotalBytes: mebi });
  const held = [post(`${server.url}/v2/rerank`, bodyOf(400_000))];
  held.push(post(`${server.url}/v2/rerank`, bodyOf(400_000)));
  await expect.poll(() => began).toBe(2);
  const refused = await post(`${server.url}/v2/rerank`, bodyOf(400_000));
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe('1');
  // What fits is still served.
  const small = post(`${server.url}/v2/rerank`, bodyOf(10));
  await expect.poll(() => began).toBe(3);
  open();
  for (const reply of await Promise.all([...held, small])) expect(reply.status).toBe(200);
  await expect.poll(async () => (await post(`${server.url}/v2/rerank`, bodyOf(900_000))).status).toBe(200);
});

test('what is announced and not sent takes no room', async () => {
  await start({ maxTotalBytes: mebi });
  for (let i = 0; i < 10; i++) await announce(mebi - 10, '{"query":');
  open();
  expect((await post(`${server.url}/v2/rerank`, bodyOf(900_000))).status).toBe(200);
});

test('an answer that is not read yet takes room', async () => {
  await start({ maxBytes: 16 * mebi, maxTotalBytes: 40 * mebi });
  open();
  const body = JSON.stringify({ query, documents: ['x'.repeat(12 * mebi), 'y'], return_documents: true });
  const socket = connect(server.port, '127.0.0.1').pause();
  sockets.push(socket);
  // The answer has the text twice, which is more than the buffers between the two take: 12 + 24 MiB are held.
  socket.write(
    `POST /v1/rerank HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  const ask = async () => (await post(`${server.url}/v2/rerank`, bodyOf(8 * mebi))).status;
  await expect.poll(ask, { timeout: 10_000 }).toBe(429);
  expect((await text(socket)).length).toBeGreaterThan(24 * mebi);
  await expect.poll(ask).toBe(200);
});

test('a refused client can ask again over the same connection', async () => {
  await start({ concurrency: 1, waiting: 0 });
  const running = post(`${server.url}/v2/rerank`, bodyOf(10));
  await expect.poll(() => began).toBe(1);
  const body = JSON.stringify({ query, documents });
  const socket = await announce(Buffer.byteLength(body), body);
  expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 429/);
  open();
  await running;
  await expect
    .poll(async () => {
      socket.write(
        `POST /v2/rerank HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
      return String((await once(socket, 'data'))[0]);
    })
    .toMatch(/^HTTP\/1.1 200/);
});
