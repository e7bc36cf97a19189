import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { chatReply } from '../../test/fixtures/scripted-server.js';

/**
 * An OpenAI-compatible server on a free loopback port that answers each chat with a text, after the milliseconds that the command line
 * names (5). Prints its base URL; `/served` tells how many replies it has given. Ends with its standard input.
 */
export function serveReplies(replyTo: (body: string) => string): void {
  const latencyMs = Number(process.argv[2] ?? 5);
  let served = 0;
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    if (incoming.url === '/served') {
      response.end(JSON.stringify(served));
      return;
    }
    if (!incoming.url?.startsWith('/v1/chat')) {
      response.writeHead(404).end();
      return;
    }
    await delay(latencyMs);
    served += 1;
    const reply = chatReply(replyTo(Buffer.concat(chunks).toString()));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply.body));
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object' && address) console.log(`http://127.0.0.1:${address.port}/v1`);
  });
  process.stdin.on('end', () => process.exit(0)).resume();
}
