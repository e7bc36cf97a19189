/** An OpenAI-compatible server in a process of its own that writes a fitting query after a latency; prints its base URL. Ends with its standard input. */
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { chatReply } from '../../test/fixtures/scripted-server.js';

const latencyMs = Number(process.argv[2] ?? 5);
let served = 0;

const server = createServer(async (incoming, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  if (incoming.url === '/served') {
    response.end(JSON.stringify(served));
    return;
  }
  const body = Buffer.concat(chunks).toString();
  const key = /"(\w[\w-]* search)\\?"\s*:\s*\{/.exec(body)?.[1] ?? 'question search';
  // Words of its own, or most would be near-duplicates of each other.
  const number = /number (\w+)/.exec(body)?.[1] ?? 'none';
  if (incoming.url?.startsWith('/v1/chat')) await delay(latencyMs);
  served += 1;
  const reply = chatReply(
    JSON.stringify({ [key]: `why would ${number}a and ${number}b have cost ${number}c?` }),
  );
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply.body));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address) console.log(`http://127.0.0.1:${address.port}/v1`);
});
process.stdin.on('end', () => process.exit(0)).resume();
