import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { chatReply, type ScriptedServer, startScriptedServer } from '../../fixtures/scripted-server.js';
import { documents, post, query } from './start.js';

let model: ScriptedServer | undefined;
let child: ChildProcess | undefined;
afterEach(async () => {
  child?.kill('SIGKILL');
  await model?.[Symbol.asyncDispose]();
});

/** `rankforge serve` in a process of its own, over a model whose replies take a while. */
async function serve(delayMs: number, flags: string[] = []): Promise<{ url: string; log(): string }> {
  model = await startScriptedServer(({ body }) =>
    JSON.stringify(body).includes('Carson') ? chatReply('Yes', { delayMs }) : chatReply('ok'),
  );
  child = spawn(
    process.execPath,
    [
      ...['--import', 'tsx', 'src/surfaces/cli/main.ts', 'serve', '--port', '0', '--compare', 'pointwise'],
      ...['--model', 'openai:scripted', '--base-url', model.baseUrl, ...flags],
    ],
    { env: { ...process.env, OPENAI_API_KEY: 'a-secret-key' }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let log = '';
  child.stderr!.on('data', (chunk) => {
    log += chunk;
  });
  await expect.poll(() => log, { timeout: 60_000 }).toMatch(/Serving .* at http/);
  return { url: /at (http:\S+)/.exec(log)![1]!, log: () => log };
}

const texts = documents.slice(0, 1);

test('SIGTERM lets the request under way end, refuses new ones and exits with 0', async () => {
  const server = await serve(1500);
  const agent = new Agent({ keepAlive: true });
  const kept = (path: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const asking = request(server.url + path, { agent }, (reply) => {
        reply.resume().on('end', () => resolve(reply.statusCode));
      });
      asking.on('error', reject).end();
    });
  expect(await kept('/ready')).toBe(200);

  const running = post(`${server.url}/rerank`, { query, texts });
  await expect
    .poll(() => model!.chats().some(({ body }) => JSON.stringify(body).includes('Carson')))
    .toBe(true);
  const exited = once(child!, 'exit');
  child!.kill('SIGTERM');
  await expect.poll(() => server.log()).toContain('Stopping');
  // Told so while it is possible, then not at all.
  const outcome = () =>
    post(`${server.url}/rerank`, { query, texts }).then(
      ({ status }) => status,
      () => 'refused',
    );
  await expect
    .poll(async () => {
      const told = await outcome();
      expect([503, 'refused']).toContain(told);
      return told;
    })
    .toBe('refused');
  const reply = await running;
  expect(reply.status).toBe(200);
  expect(await reply.json()).toMatchObject([{ index: 0 }]);
  expect(await exited).toEqual([0, null]);
  agent.destroy();

  // What it logged: one line a request, with neither texts nor keys.
  const lines = server
    .log()
    .split('\n')
    .filter((line) => line.startsWith('{'));
  const served = lines.map((line) => JSON.parse(line)).filter(({ status }) => status !== 503);
  expect(served.map(({ route }) => route)).toEqual(['/ready', '/rerank']);
  expect(server.log()).not.toMatch(/Carson|capital|a-secret-key/);
});

test('what runs longer than --stop-timeout is cut off with a 503', async () => {
  const server = await serve(20_000, ['--stop-timeout', '1']);
  const running = post(`${server.url}/v2/rerank`, { query, documents: texts });
  await expect
    .poll(() => model!.chats().some(({ body }) => JSON.stringify(body).includes('Carson')))
    .toBe(true);
  const exited = once(child!, 'exit');
  child!.kill('SIGTERM');
  const reply = await running;
  expect(reply.status).toBe(503);
  expect(reply.headers.get('connection')).toBe('close');
  expect(await reply.json()).toMatchObject({ message: expect.stringContaining('stopped') });
  expect((await exited)[0]).toBe(0);
});
