/**
 * The encoder at several sizes of a batch: passages a second, memory, and how long it goes on after an abort.
 * `npx tsx bench/encoder-batches.ts`; SIZES=1024,4096 ROUNDS=3 THREADS=1. Each round of a size is a process of its own, in
 * turns, so that its highest memory is its own.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { quantile } from '../src/core/quantile.js';
import { openEncoder } from '../src/models/encoder/encoder.js';
import { readWordPieces } from '../src/models/encoder/word-pieces.js';
import { resolveWeights } from '../src/models/weights/resolve.js';

const median = (values: readonly number[]): number =>
  quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
const sizes = (process.env.SIZES ?? '1024,2048,4096,8192').split(',').map(Number);
const rounds = Number(process.env.ROUNDS ?? 3);
const threads = Number(process.env.THREADS ?? availableParallelism());
const wordsOfOne = 250;

interface Round {
  /** Passages of 250 words a second, by the clock and of processor time. */
  readonly perSecond: number;
  readonly perProcessorSecond: number;
  /** The same of the handbook's own passages, of all lengths. */
  readonly handbookPerSecond: number;
  readonly handbookPerProcessorSecond: number;
  /** Milliseconds from each abort to the end of the call, by the clock and of processor time. */
  readonly abortMs: readonly number[];
  readonly abortProcessorMs: readonly number[];
  readonly peakMiB: number;
}

const handbook = readFileSync(new URL('../datasets/handbook/corpus.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => (JSON.parse(line) as { text: string }).text);
const words = handbook.join(' ').split(/\s+/);
const passages = Array.from({ length: 1000 }, (_, i) =>
  Array.from({ length: wordsOfOne }, (_, j) => words[(i * 61 + j) % words.length]).join(' '),
);

async function measure(tokens: number): Promise<Round> {
  const weights = await resolveWeights('all-minilm-l6-v2');
  await using encoder = await openEncoder({
    weights,
    threads,
    batch: { tokens },
  });
  await encoder.embed(passages.slice(0, 16));
  const speed = async (texts: readonly string[]) => {
    const [started, used] = [performance.now(), process.cpuUsage()];
    await encoder.embed(texts);
    const { user, system } = process.cpuUsage(used);
    return [
      (1000 * texts.length) / (performance.now() - started),
      (1e6 * texts.length) / (user + system),
    ] as const;
  };
  const [perSecond, perProcessorSecond] = await speed(passages.slice(0, 64));
  const [handbookPerSecond, handbookPerProcessorSecond] = await speed(handbook.slice(0, 128));
  const abortMs: number[] = [];
  const abortProcessorMs: number[] = [];
  // Beyond the time that the tokenizer takes, which looks at the signal anyway, and at different places of a batch.
  const encode = await readWordPieces(
    weights.files?.['tokenizer.json'] ?? join(weights.folder, 'tokenizer.json'),
    256,
  );
  const started = performance.now();
  for (const text of passages) encode(text);
  const tokenized = performance.now() - started;
  for (const after of [1.5, 1.8, 2.1].map((times) => times * tokenized + 200)) {
    const control = new AbortController();
    const running = encoder.embed(passages, { signal: control.signal }).then(
      () => Number.NaN,
      () => performance.now(),
    );
    await delay(after);
    const [aborted, used] = [performance.now(), process.cpuUsage()];
    control.abort();
    abortMs.push((await running) - aborted);
    const { user, system } = process.cpuUsage(used);
    abortProcessorMs.push((user + system) / 1000);
  }
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  return {
    perSecond,
    perProcessorSecond,
    handbookPerSecond,
    handbookPerProcessorSecond,
    abortMs,
    abortProcessorMs,
    peakMiB,
  };
}

async function inProcessOfItsOwn(tokens: number): Promise<Round> {
  const child = fork(fileURLToPath(import.meta.url), [String(tokens)]);
  const [answer] = (await once(child, 'message')) as [Round];
  await once(child, 'exit');
  return answer;
}

if (process.send) {
  process.send(await measure(Number(process.argv[2])));
} else {
  const measured = new Map<number, Round[]>(sizes.map((size) => [size, []]));
  for (let round = 0; round < rounds; round++) {
    for (const size of sizes) measured.get(size)!.push(await inProcessOfItsOwn(size));
  }
  const figures = [...measured].map(([tokens, all]) => {
    const middle = (of: (round: Round) => number): number => Number(median(all.map(of)).toFixed(1));
    const aborts = all.flatMap(({ abortMs }) => abortMs);
    return {
      tokens,
      perSecond: middle((round) => round.perSecond),
      perProcessorSecond: middle((round) => round.perProcessorSecond),
      handbookPerSecond: middle((round) => round.handbookPerSecond),
      handbookPerProcessorSecond: middle((round) => round.handbookPerProcessorSecond),
      abortMs: Math.round(median(aborts)),
      abortProcessorMs: Math.round(median(all.flatMap((round) => round.abortProcessorMs))),
      longestAbortMs: Math.round(Math.max(...aborts)),
      peakMiB: Math.round(median(all.map(({ peakMiB }) => peakMiB))),
    };
  });
  for (const line of figures) process.stderr.write(`${JSON.stringify(line)}\n`);
  process.stdout.write(`${JSON.stringify({ bench: 'encoder-batches', threads, rounds, figures })}\n`);
}
