/**
 * Queries written a second through ledger, budget and limits, as a share of what the model server does with as many
 * connections and a client that does nothing else; beside a plain loop of p-limit and openai, and distilabel.
 *   RANKFORGE_PYTHON=python npx tsx bench/generate-throughput.ts --count 3000
 * The server is a process of its own and answers after 5 ms. With --url a real one is measured in its place.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import OpenAI from 'openai';
import pLimit from 'p-limit';
import type { Passage } from '../src/core/passage.js';
import { writeQueries } from '../src/generate/queries/write-queries.js';
import { behindDoor } from '../src/models/door/behind-door.js';
import { createBudget } from '../src/models/door/budget.js';
import { openLedger } from '../src/models/door/ledger.js';
import { createLimits } from '../src/models/door/limits.js';
import type { GenerateRequest } from '../src/models/language-model.js';
import { openaiFeatures } from '../src/models/openai/features.js';
import { openOpenai } from '../src/models/openai/openai-model.js';
import { askPeer } from './peers/ask-peer.js';

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    model: { type: 'string', default: 'stub' },
    count: { type: 'string', default: '3000' },
    latency: { type: 'string', default: '5' },
    concurrency: { type: 'string', default: '8,64' },
    rounds: { type: 'string', default: '5' },
    peer: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const count = Number(values.count);
const rounds = Number(values.rounds);

const numerals = 'zero one two three four five six seven eight nine'.split(' ');
const spelled = (n: number): string => [...String(n)].map((digit) => numerals[Number(digit)]).join('');
const passages: readonly Passage[] = Array.from({ length: count }, (_, i) => ({
  id: `p${i}`,
  text: `This is the page with the number ${spelled(i)} of a long book on gardens. ${'It tells how roses are cut in March and what they need in dry summers. '.repeat(6)}`,
}));

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

async function startServer(): Promise<{ baseUrl: string; child?: ChildProcess }> {
  if (values.url) return { baseUrl: values.url };
  const script = fileURLToPath(new URL('./peers/stub-model-server.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, values.latency], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { baseUrl: line.toString().trim(), child };
}

/** Requests a second of `work`, called `count` times, so many at once. */
async function perSecond(
  concurrency: number,
  amount: number,
  work: (index: number) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < amount) await work(next++);
    }),
  );
  return (amount * 1000) / (performance.now() - start);
}

/** A client that sends bytes and throws bytes away. */
function bareClient(baseUrl: string, concurrency: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const url = new URL(`${baseUrl}/chat/completions`);
  return (body: Buffer): Promise<void> =>
    new Promise((resolve, reject) => {
      const outgoing = httpRequest(
        url,
        {
          method: 'POST',
          agent,
          headers: { 'content-type': 'application/json', 'content-length': body.length },
        },
        (response) => response.on('end', resolve).resume(),
      );
      outgoing.on('error', reject).end(body);
    });
}

const { baseUrl, child } = await startServer();
const folder = await mkdtemp(join(tmpdir(), 'rankforge-bench-'));
try {
  await using remote = await openOpenai({ model: values.model, baseUrl, features: openaiFeatures });
  // What writing asks, to be sent by the others too.
  const requests: GenerateRequest[] = [];
  const listen = {
    ...remote,
    generate: async (request: GenerateRequest) => {
      requests.push(request);
      return {
        text: '',
        finish: 'stop' as const,
        usage: { calls: 0, cachedCalls: 0, promptTokens: 0, outputTokens: 0, usd: 0 },
      };
    },
  };
  const settings = { seed: 7, types: { question: 1 } as const };
  for await (const _ of writeQueries(passages, { ...settings, model: listen }));
  const bodyOf = ({ messages, schema }: GenerateRequest) => ({
    model: values.model,
    messages: messages.map(({ role, content }) => ({ role, content })),
    max_tokens: 80,
    temperature: 0.7,
    response_format: {
      type: 'json_schema' as const,
      json_schema: { name: 'reply', strict: true, schema: schema! },
    },
  });
  const bodies = requests.map((request) => bodyOf(request));
  const bytes = bodies.map((body) => Buffer.from(JSON.stringify(body)));

  const results: Record<string, unknown> = {};
  for (const concurrency of values.concurrency.split(',').map(Number)) {
    const figures: Record<'bare' | 'plain' | 'rankforge', number[]> = { bare: [], plain: [], rankforge: [] };
    const send = bareClient(baseUrl, concurrency);
    const client = new OpenAI({ baseURL: baseUrl, apiKey: 'none', maxRetries: 0 });
    const limit = pLimit(concurrency);
    await perSecond(concurrency, Math.min(count, 300), (i) => send(bytes[i]!));
    for (let round = 0; round < rounds; round++) {
      figures.bare.push(await perSecond(concurrency, count, (i) => send(bytes[i]!)));
      let start = performance.now();
      await Promise.all(bodies.map((body) => limit(() => client.chat.completions.create(body))));
      figures.plain.push((count * 1000) / (performance.now() - start));
      await using ledger = await openLedger(join(folder, `${concurrency}-${round}`));
      const model = behindDoor(remote, {
        ledger,
        budget: createBudget({ calls: 1e9, tokens: 1e12, usd: 1e9 }),
        limits: createLimits({ concurrency }),
      });
      let written = 0;
      start = performance.now();
      // As the pipeline does: the limits hold the calls to the concurrency, and those that are checked and kept need places too.
      const items = 2 * concurrency;
      const { signal } = new AbortController();
      for await (const _ of writeQueries(passages, { ...settings, model, concurrency: items, signal }))
        written += 1;
      figures.rankforge.push((count * 1000) / (performance.now() - start));
      if (written < count / 2 && !values.url)
        throw new Error(`only ${written} of ${count} replies were queries`);
    }
    const [bare, plain, rankforge] = [median(figures.bare), median(figures.plain), median(figures.rankforge)];
    results[`concurrency ${concurrency}`] = {
      bare: Number(bare.toPrecision(4)),
      plain: Number(plain.toPrecision(4)),
      rankforge: Number(rankforge.toPrecision(4)),
      ofCeiling: Number((rankforge / bare).toFixed(3)),
      ofPlain: Number((rankforge / plain).toFixed(3)),
    };
    console.error(
      `${concurrency} at once, a second: ${JSON.stringify(results[`concurrency ${concurrency}`])}`,
    );
  }
  if (values.peer && !values.url) {
    const peer = await askPeer<{ version: string; seconds: number; rows: number }>('distilabel_peer.py', {
      baseUrl,
      batch: 64,
      prompts: bodies.map(({ messages }) => messages),
    });
    results.distilabel =
      'answer' in peer
        ? { version: peer.answer.version, perSecond: Math.round(peer.answer.rows / peer.answer.seconds) }
        : peer;
    console.error(`distilabel: ${JSON.stringify(results.distilabel)}`);
  }
  console.log(JSON.stringify({ count, latencyMs: Number(values.latency), ...results }));
} finally {
  child?.kill();
  await rm(folder, { recursive: true, force: true });
}
