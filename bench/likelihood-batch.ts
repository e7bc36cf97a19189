/**
 * Query likelihood on a local model: 20 passages of one query, one sequence of llama.cpp after the other (what rankforge
 * does) beside several in one batch, in one run; the ratio of their speeds, and how far log-probabilities differ.
 * `npx tsx bench/likelihood-batch.ts [alias or path]`; SmolLM2 135M where none is named. SEQUENCES=4,8 THREADS=1 ROUNDS=7 CHARACTERS=600
 */
import { readFileSync } from 'node:fs';
import { openLlama } from '../src/models/llama/llama-model.js';
import { startLlama } from '../src/models/llama/load-llama.js';
import { PrefixState } from '../src/models/llama/prefix-state.js';
import { PromptTokens } from '../src/models/llama/prompt-tokens.js';
import { resolveWeights } from '../src/models/weights/resolve.js';
import { loadPrompt, renderPrompt } from '../src/prompts/template.js';

const rounds = Number(process.env.ROUNDS ?? 7);
const widths = (process.env.SEQUENCES ?? '4,8').split(',').map(Number);
const threads = process.env.THREADS ? Number(process.env.THREADS) : undefined;
const contextSize = 1024;
/** Of a passage. */
const characters = Number(process.env.CHARACTERS ?? 600);
const [chunk, passagesAtOnce] = [256, 20];

const handbook = (file: string): string[] =>
  readFileSync(new URL(`../datasets/handbook/${file}`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { text: string }).text.replace(/\s+/g, ' ').slice(0, characters));
const passages = handbook('corpus.jsonl');
const queries = handbook('queries.jsonl');
const template = loadPrompt('rerank/query-likelihood');
/** Other passages and another query each round, so that no state of an earlier one serves. */
const requestsOf = (round: number) =>
  passages.slice(round * passagesAtOnce, (round + 1) * passagesAtOnce).map((passage) => ({
    messages: renderPrompt(template, { instruction: '', passage }),
    continuation: queries[round % queries.length]!,
  }));

const weights = await resolveWeights(process.argv[2] ?? 'smollm2-135m-instruct');
const present = await openLlama({ weights, contextSize, gpu: false, threads });
const oneByOne = async (round: number): Promise<number[]> => {
  const values: number[] = [];
  for (const request of requestsOf(round)) values.push((await present.likelihood(request)).logProbability);
  return values;
};

/** As `likelihood` of the local model does it, in as many sequences of one context, which llama.cpp evaluates together. */
async function openBatched(width: number) {
  const model = await (await startLlama(false)).loadModel({ modelPath: weights.path, gpuLayers: 0 });
  const context = await model.createContext({
    contextSize: contextSize + 1,
    sequences: width,
    // All of them at once, a chunk each.
    batchSize: Math.max(2 * chunk, width * chunk),
    threads: present.threads,
    failedCreationRemedy: false,
  });
  const tokens = new PromptTokens(model);
  const states = Array.from({ length: width }, () => new PrefixState(context.getSequence(), chunk));
  const scoreOn = async (
    state: PrefixState,
    { messages, continuation }: ReturnType<typeof requestsOf>[0],
  ) => {
    const prompt = tokens.ofMessages(messages);
    const reply = tokens.ofText(continuation);
    const readings = reply.map((token, offset) => ({ index: prompt.length - 1 + offset, tokens: [token] }));
    const read = await state.read([...prompt, ...reply.slice(0, -1)], readings);
    return read.reduce((sum, [value]) => sum + value!, 0);
  };
  return {
    name: `${width} sequences`,
    async run(round: number): Promise<number[]> {
      const waiting = [...requestsOf(round).entries()];
      const values: number[] = [];
      await Promise.all(
        states.map(async (state) => {
          for (let next = waiting.shift(); next; next = waiting.shift()) {
            values[next[0]] = await scoreOn(state, next[1]);
          }
        }),
      );
      return values;
    },
    async close() {
      await context.dispose();
      await model.dispose();
    },
  };
}

const batched = await Promise.all(widths.map(openBatched));
const ways = [{ name: 'one by one', run: oneByOne }, ...batched];
const tokenCount = (round: number): number =>
  requestsOf(round).reduce(
    (sum, { messages, continuation }) =>
      sum + present.countTokens(messages) + present.countTokens(continuation),
    0,
  );
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

const seconds = new Map(ways.map(({ name }) => [name, [] as number[]]));
// With one thread it tells the same on a busy machine.
const processor = new Map(ways.map(({ name }) => [name, [] as number[]]));
const difference = new Map(ways.map(({ name }) => [name, 0]));
// The first round reads the weights from the disk: not counted.
for (let round = 0; round <= rounds; round++) {
  const values = new Map<string, number[]>();
  // In turns, so that a machine that slows down slows all down.
  for (const { name, run } of round % 2 === 0 ? ways : ways.toReversed()) {
    const [start, used] = [performance.now(), process.cpuUsage()];
    values.set(name, await run(round));
    if (round === 0) continue;
    const { user, system } = process.cpuUsage(used);
    seconds.get(name)!.push((performance.now() - start) / 1000);
    processor.get(name)!.push((user + system) / 1e6);
  }
  for (const [name, found] of values) {
    const gaps = found.map((value, index) => Math.abs(value - values.get('one by one')![index]!));
    difference.set(name, Math.max(difference.get(name)!, ...gaps));
  }
  process.stderr.write(
    `round ${round}: ${[...seconds].map(([name, all]) => `${name} ${(all.at(-1) ?? 0).toFixed(2)} s`).join(', ')}\n`,
  );
}
const ratioOf = (times: typeof seconds, name: string): number =>
  median(times.get('one by one')!.map((one, round) => one / times.get(name)![round]!));
const result = {
  model: present.id,
  threads: present.threads,
  rounds,
  promptTokens: median(Array.from({ length: rounds }, (_, round) => tokenCount(round + 1))),
  ways: ways.map(({ name }) => ({
    name,
    seconds: median(seconds.get(name)!),
    ratio: ratioOf(seconds, name),
    ratioOfProcessorTime: ratioOf(processor, name),
    largestDifference: difference.get(name),
  })),
};
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
for (const { close } of batched) await close();
await present[Symbol.asyncDispose]();
