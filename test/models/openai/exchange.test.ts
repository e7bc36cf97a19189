import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { createServer as createClient } from '../../../src/models/openai/server.js';

/** By path, what the server does. */
const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/hang': () => {},
  '/half': (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"a":');
  },
  '/marked': (response) => response.end('\uFEFF{"a":"é"}'),
  '/early': (response) => {
    response.writeEarlyHints({ link: '</x>; rel=preload' });
    setTimeout(() => response.end('{"a":"later"}'), 10);
  },
};

const server = createServer((request: IncomingMessage, response: ServerResponse) =>
  answers[request.url!]!(response),
);
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
const client = () => createClient({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });

test('a mark of byte order is not part of the text, and hints before the answer are not the answer', async () => {
  const reply = z.object({ a: z.string() });
  expect(await client().get('/marked', reply)).toEqual({ a: 'é' });
  expect(await client().get('/early', reply)).toEqual({ a: 'later' });
});

test.each(['/hang', '/half'])(
  '%s: a stopped call rejects with the reason, whatever that is, and lets its connection go',
  async (path) => {
    for (const reason of ['enough', 7, new Error('mine')]) {
      const controller = new AbortController();
      const arrived = once(server, 'request') as Promise<[IncomingMessage]>;
      const call = client().post(path, {}, z.any(), controller.signal);
      call.catch(() => {});
      const [{ socket }] = await arrived;
      // Not `once`, which rejects where the connection is reset.
      const closed = new Promise((resolve) => socket.once('close', resolve));
      controller.abort(reason);
      await expect(call).rejects.toBe(reason);
      await closed;
    }
  },
);
