/** What the door costs: requests per second through ledger + budget + limits, memory over a long run, and replay. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { noUsage } from '../src/core/usage.js';
import { behindDoor } from '../src/models/door/behind-door.js';
import { createBudget } from '../src/models/door/budget.js';
import { openLedger } from '../src/models/door/ledger.js';
import { createLimits } from '../src/models/door/limits.js';
import type { LanguageModel } from '../src/models/language-model.js';
import { openaiFeatures } from '../src/models/openai/features.js';
import { openOpenai } from '../src/models/openai/openai-model.js';
import { startScriptedServer, stubModel } from '../test/fixtures/scripted-server.js';

const total = Number(process.env.RANKFORGE_BENCH_REQUESTS ?? 100_000);
const callers = 64;
const stubLatencyMs = 5;
const rounds = 5;

// The size of a 20-passage window, so that hashing and writing cost what they will.
const prompt = 'A passage of the usual length, about eighty words long in most collections. '.repeat(40);
const request = (index: number) => ({
  messages: [{ role: 'user' as const, content: `${prompt}${index}` }],
  maxTokens: 16,
});

const stub: LanguageModel = {
  id: 'stub',
  contextSize: 8192,
  capabilities: { nextToken: 'exact', likelihood: true, prefill: true, schema: true, seed: true },
  async generate() {
    await delay(stubLatencyMs);
    return {
      text: '[B] > [A]',
      finish: 'stop',
      usage: { ...noUsage, calls: 1, promptTokens: 800, outputTokens: 6 },
    };
  },
  nextToken: () => Promise.reject(new Error('not used')),
  likelihood: () => Promise.reject(new Error('not used')),
  countTokens: (input) =>
    (typeof input === 'string'
      ? input.length
      : input.reduce((sum, { content }) => sum + content.length, 0)) >> 2,
  tellsApart: () => true,
  async [Symbol.asyncDispose]() {},
};

const limits = () => createLimits({ concurrency: callers, requestsPerMinute: 1e9, tokensPerMinute: 1e12 });
const budget = () => createBudget({ calls: 1e9, tokens: 1e12, usd: 1e9 });
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const perSecond = (count: number, milliseconds: number) => Math.round((count * 1000) / milliseconds);

interface Memory {
  readonly rssMiB: number;
  readonly heapMiB: number;
  readonly withoutMappedFilesMiB?: number;
}

/** Makes calls [from, to), so many at a time; returns requests per second. */
async function drive(model: LanguageModel, from: number, to: number): Promise<number> {
  let next = from;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (next < to) await model.generate(request(next++));
    }),
  );
  return perSecond(to - from, performance.now() - started);
}

const megabytes = (bytes: number) => Math.round(bytes / 2 ** 20);
/** The ledger is a mapped file: its pages count as resident and belong to the system's cache, so they are told apart on Linux. */
function memory(): Memory {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  const anonymous = /RssAnon:\s+(\d+) kB/.exec(status)?.[1];
  return {
    rssMiB: megabytes(rss),
    heapMiB: megabytes(heapUsed),
    ...(anonymous ? { withoutMappedFilesMiB: megabytes(Number(anonymous) * 1024) } : {}),
  };
}

const folder = await mkdtemp(join(tmpdir(), 'rankforge-bench-'));
try {
  const bare: number[] = [];
  for (let round = 0; round < rounds; round++) bare.push(await drive(stub, 0, 10_000));

  await using ledger = await openLedger(join(folder, 'ledger'));
  const live = behindDoor(stub, { ledger, budget: budget(), limits: limits() });
  const through: number[] = [];
  const flat: Record<string, Memory> = {};
  for (let done = 0; done < total; done += 10_000) {
    through.push(await drive(live, done, done + 10_000));
    if ([10_000, 50_000, 100_000].includes(done + 10_000)) flat[done + 10_000] = memory();
  }

  const replayed: number[] = [];
  const replay = behindDoor(stub, { ledger, budget: budget(), limits: limits(), ledgerOnly: true });
  for (let round = 0; round < rounds; round++) replayed.push(await drive(replay, 0, Math.min(total, 20_000)));

  await using server = await startScriptedServer(stubModel('[B] > [A]', stubLatencyMs));
  await using remote = await openOpenai({ model: 'stub', baseUrl: server.baseUrl, features: openaiFeatures });
  const overHttp: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await using httpLedger = await openLedger(join(folder, `http-${round}`));
    overHttp.push(
      await drive(behindDoor(remote, { ledger: httpLedger, budget: budget(), limits: limits() }), 0, 3000),
    );
  }

  const result = {
    callers,
    stubLatencyMs,
    promptCharacters: prompt.length,
    requestsPerSecond: {
      stubAlone: median(bare),
      throughDoor: median(through),
      throughDoorSlowest: Math.min(...through),
      target: 2000,
    },
    replayPerSecond: { median: median(replayed), target: 10_000 },
    throughHttpAdapter: median(overHttp),
    memory: flat,
  };
  console.log(JSON.stringify(result));
  console.error(
    `door ${result.requestsPerSecond.throughDoor}/s (stub alone ${result.requestsPerSecond.stubAlone}/s), replay ${result.replayPerSecond.median}/s, ` +
      `over HTTP ${result.throughHttpAdapter}/s; memory ${JSON.stringify(flat)}`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
