/**
 * FIRST on a local model: prefill throughput of `nextToken` beside a bare evaluate of the same tokens in the same
 * node-llama-cpp build, and what the second window of a query evaluates again.
 * `npx tsx bench/first-prefill.ts [alias or path]`; the default local model where none is named.
 */
import { getLlama, LlamaLogLevel, type Token } from 'node-llama-cpp';
import type { Message } from '../src/models/language-model.js';
import { openLlama } from '../src/models/llama/llama-model.js';
import { defaultModel } from '../src/models/weights/aliases.js';
import { resolveWeights } from '../src/models/weights/resolve.js';

const rounds = Number(process.env.ROUNDS ?? 5);
// On a machine that does other work, compare with one thread: several wait for each other.
const threads = process.env.THREADS ? { threads: Number(process.env.THREADS) } : {};
const contextSize = 4096;
const letters = [...'ABCDEFGHIJKLMNOPQRST'];
const topics = [
  'steam turbines',
  'coral reefs',
  'tax law',
  'sleep',
  'bread',
  'volcanoes',
  'bees',
  'maps',
  'glass',
  'rivers',
];
const replies = letters.map((letter) => [letter, ...letters.filter((other) => other !== letter)].join(' > '));

/** A window of 20 passages; `round` keeps the state of one round from serving the next. */
function windowOf(round: string, passages: readonly number[]): Message[] {
  const lines = passages.map((passage, index) => {
    const topic = topics[passage % topics.length];
    return `[${letters[index]}] Passage ${passage} is about ${topic}: how ${topic} are described, what is known of them since 18${10 + passage}, and where to read more.`;
  });
  return [
    { role: 'system', content: `${round}: you order passages by how well each one answers the query.` },
    {
      role: 'user',
      content: `Query: what is known about volcanoes?\n\n${lines.join('\n')}\n\nAnswer with the letters, best first.`,
    },
  ];
}
const range = (start: number): number[] => letters.map((_, index) => start + index);
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

const weights = await resolveWeights(process.argv[2] ?? defaultModel, {
  onProgress: ({ stage, done, total }) =>
    process.stderr.write(`\r${stage} ${Math.floor((100 * done) / (total ?? done))}% `),
});
const model = await openLlama({ weights, contextSize, gpu: false, ...threads });
const llama = await getLlama({
  gpu: false,
  build: 'never',
  progressLogs: false,
  logLevel: LlamaLogLevel.disabled,
  maxThreads: 0,
});
const bare = await llama.loadModel({ modelPath: weights.path, gpuLayers: 0 });
const context = await bare.createContext({ contextSize, threads: model.threads });
const sequence = context.getSequence();

// Processor time beside the clock: with THREADS=1 it tells the same on a busy machine.
const measureTime = async (task: () => Promise<unknown>): Promise<{ clock: number; processor: number }> => {
  const [start, used] = [performance.now(), process.cpuUsage()];
  await task();
  const { user, system } = process.cpuUsage(used);
  return { clock: (performance.now() - start) / 1000, processor: (user + system) / 1e6 };
};
const first: number[] = [];
const plain: number[] = [];
const processor = { first: [] as number[], plain: [] as number[] };
const second: { evaluated: number; prompt: number }[] = [];
// The same number of tokens in both: the ids do not change the work.
const tokensOf = (messages: readonly Message[]): Token[] => {
  const text = bare.tokenize(messages.map(({ content }) => content).join('\n'));
  const count = model.countTokens(messages);
  return Array.from({ length: count }, (_, index) => text[index % text.length]!);
};
const runFirst = async (round: number): Promise<void> => {
  const window = windowOf(`Round ${round}`, range(10));
  const before = model.evaluatedTokens;
  const time = await measureTime(() => model.nextToken({ messages: window, replies }));
  const done = model.evaluatedTokens - before;
  first.push(done / time.clock);
  processor.first.push(done / time.processor);
  // The next window of a sliding pass: ten passages new, ten carried over.
  const next = windowOf(`Round ${round}`, [...range(0).slice(0, 10), ...range(10).slice(0, 10)]);
  const evaluated = model.evaluatedTokens;
  const { usage } = await model.nextToken({ messages: next, replies });
  second.push({ evaluated: model.evaluatedTokens - evaluated, prompt: usage.promptTokens });
};
const runBare = async (round: number): Promise<void> => {
  const tokens = tokensOf(windowOf(`Round ${round}`, range(10)));
  await sequence.clearHistory();
  const time = await measureTime(() => sequence.evaluateWithoutGeneratingNewTokens(tokens));
  plain.push(tokens.length / time.clock);
  processor.plain.push(tokens.length / time.processor);
};
// The first evaluation reads the weights from the disk: not counted.
await model.nextToken({ messages: windowOf('Warm-up', range(10)), replies });
await sequence.evaluateWithoutGeneratingNewTokens(tokensOf(windowOf('Warm-up', range(10))));
for (let round = 0; round < rounds; round++) {
  // In turns, so that a machine that slows down slows both down.
  for (const run of round % 2 === 0 ? [runFirst, runBare] : [runBare, runFirst]) await run(round);
  process.stderr.write(
    `round ${round + 1}: FIRST ${first.at(-1)!.toFixed(1)}, bare ${plain.at(-1)!.toFixed(1)} tokens/s\n`,
  );
}
const ratioOf = (a: readonly number[], b: readonly number[]): number =>
  median(a.map((value, index) => value / b[index]!));
// A call that is repeated evaluates its last 64 tokens again.
const repeated = windowOf('Repeat', range(10));
await model.nextToken({ messages: repeated, replies });
const reads: number[] = [];
for (let index = 0; index < 10; index++)
  reads.push(1000 * (await measureTime(() => model.nextToken({ messages: repeated, replies }))).clock);

const result = {
  model: model.id,
  threads: model.threads,
  promptTokens: model.countTokens(windowOf('Round 0', range(10))),
  rounds,
  firstTokensPerSecond: median(first),
  bareTokensPerSecond: median(plain),
  ratio: ratioOf(first, plain),
  ratioOfProcessorTime: ratioOf(processor.first, processor.plain),
  secondWindow: {
    evaluatedTokens: median(second.map(({ evaluated }) => evaluated)),
    promptTokens: median(second.map(({ prompt }) => prompt)),
  },
  repeatedCallMs: median(reads),
};
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
process.stderr.write(
  `FIRST ${result.firstTokensPerSecond.toFixed(1)} tokens/s, bare ${result.bareTokensPerSecond.toFixed(1)}: ratio ${result.ratio.toFixed(3)}, by processor time ${result.ratioOfProcessorTime.toFixed(3)} (wanted: 0.95). ` +
    `Second window: ${result.secondWindow.evaluatedTokens} of ${result.secondWindow.promptTokens} tokens evaluated.\n`,
);
await model[Symbol.asyncDispose]();
await context.dispose();
await bare.dispose();
