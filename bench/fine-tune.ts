/**
 * A MiniLM cross-encoder: pairs trained a second beside PyTorch, and pairs scored a second beside sentence-transformers, in
 * turn on the same cores, from the same weights and batch.
 *
 *     pip install torch transformers sentence-transformers
 *     RANKFORGE_PYTHON=…/bin/python npx tsx bench/fine-tune.ts [--threads 1,2] [--batch 16] [--rounds 3] [--steps 6] [--dropout 0]
 *
 * A shared machine gives neither side its cores for long, so besides seconds the processor's own time is told.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AdamW } from '../src/distill/neural/adam-w.js';
import { crossEncoder } from '../src/distill/neural/bert/cross-encoder.js';
import { loadBert } from '../src/distill/neural/bert/load.js';
import { openRowScorer } from '../src/distill/neural/bert/row-scorer.js';
import { saveBert } from '../src/distill/neural/bert/save-bert.js';
import { joinPair, padRows } from '../src/distill/neural/bert/token-rows.js';
import { exportNetwork } from '../src/distill/neural/export-network.js';
import { GradientSum } from '../src/distill/neural/gradient-sum.js';
import { Network } from '../src/distill/neural/network.js';
import { loadDataset } from '../src/formats/dataset.js';
import { readWordPieces } from '../src/models/encoder/word-pieces.js';
import { resolveWeights } from '../src/models/weights/resolve.js';
import { askPeer } from './peers/ask-peer.js';

interface Times {
  readonly seconds: number[];
  /** Processor time of all threads, in seconds. */
  readonly cpu: number[];
}

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: '1,2' },
    batch: { type: 'string', default: '16' },
    length: { type: 'string', default: '128' },
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '6' },
    dropout: { type: 'string', default: '0' },
    tasks: { type: 'string', default: 'train,score' },
  },
});
const [batch, length, rounds, steps] = [values.batch, values.length, values.rounds, values.steps].map(
  Number,
) as [number, number, number, number];
const dropout = Number(values.dropout);
const say = (text: string): boolean => process.stderr.write(`fine-tune ${text}\n`);
const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;

const weights = await resolveWeights('all-minilm-l6-v2');
const tokenizer = join(weights.folder, 'tokenizer.json');
const bert = await loadBert(weights);
const output = crossEncoder(bert.config);
// One folder with the head in it, so that both sides start from the same weights.
const folder = await mkdtemp(join(tmpdir(), 'fine-tune-'));
await saveBert(folder, bert.config, bert.parameters(output.tape, 1), { tokenizer, maxTokens: length });
const start = await loadBert({ folder });

async function timed(action: () => Promise<unknown>, repeats: number): Promise<Times> {
  const times: Times = { seconds: [], cpu: [] };
  for (let i = 0; i < repeats; i++) {
    const [from, fromCpu] = [performance.now(), process.cpuUsage()];
    await action();
    const { user, system } = process.cpuUsage(fromCpu);
    times.seconds.push((performance.now() - from) / 1000);
    times.cpu.push((user + system) / 1e6);
  }
  return times;
}

const ids = Array.from({ length: batch * length }, (_, i) => 1000 + ((i * 7919) % 20000));

async function trainOurs(threads: number): Promise<Times & { losses: number[] }> {
  const network = await Network.open(crossEncoder(bert.config, { dropout: dropout > 0 }), { threads });
  await using _closed = network;
  const parameters = start.parameters(output.tape, 1);
  const gradients = new GradientSum(parameters);
  const optimiser = new AdamW(parameters);
  const rows = Array.from({ length: batch }, (_, row) => ({
    ids: ids.slice(row * length, (row + 1) * length),
    types: new Array<number>(length).fill(0),
  }));
  const feeds = padRows(rows);
  const losses: number[] = [];
  const step = async (): Promise<void> => {
    const masks = { rate: dropout, seed: 1, names: [losses.length] };
    const pass = await network.forward(parameters, feeds, { dropout: masks });
    const probabilities = pass.output.data.map((score) => 1 / (1 + Math.exp(-score)));
    losses.push(probabilities.reduce((sum, p, row) => sum - Math.log(row % 2 ? p : 1 - p) / batch, 0));
    gradients.clear();
    await pass.backward(
      probabilities.map((p, row) => (p - (row % 2)) / batch),
      gradients,
    );
    const norm = gradients.norm();
    optimiser.step(gradients, 2e-5, Math.min(1, 1 / (norm + 1e-6)));
  };
  await timed(step, 3);
  return { ...(await timed(step, steps)), losses };
}

/** Rounds of both in turn, and the medians of their steps. */
async function compare<Ours extends Times, Theirs extends Times>(
  label: string,
  pairs: number,
  ours: () => Promise<Ours>,
  peer: object,
  difference: (ours: Ours, theirs: Theirs) => number,
) {
  const [mine, other]: [Times, Times] = [
    { seconds: [], cpu: [] },
    { seconds: [], cpu: [] },
  ];
  let apart = 0;
  for (let round = 0; round < rounds; round++) {
    const one = await ours();
    const reply = await askPeer<Theirs>('fine_tune_peer.py', { folder, length, steps, ...peer });
    if ('skipped' in reply) {
      say(`${label}: PyTorch skipped: ${reply.skipped}`);
      return { pairsPerSecond: pairs / median(one.seconds), peer: reply };
    }
    for (const kind of ['seconds', 'cpu'] as const) {
      mine[kind].push(...one[kind]);
      other[kind].push(...reply.answer[kind]);
    }
    apart = Math.max(apart, difference(one, reply.answer));
  }
  const figures = {
    pairsPerSecond: pairs / median(mine.seconds),
    peerPairsPerSecond: pairs / median(other.seconds),
    ratio: median(other.seconds) / median(mine.seconds),
    ratioOfProcessorTime: median(other.cpu) / median(mine.cpu),
    processorSecondsAPair: median(mine.cpu) / pairs,
    peerProcessorSecondsAPair: median(other.cpu) / pairs,
    greatestDifference: apart,
  };
  say(`${label}: ${JSON.stringify(figures)}`);
  return figures;
}

async function scoring(threads: number, precision: 'float32' | 'int8') {
  const { passages, queries } = await loadDataset('datasets/handbook', {
    split: 'test',
    unknownIds: 'count',
  });
  const texts = [...passages.values()].map(({ text }) => text);
  const pairs = [...queries.values()]
    .slice(0, 16)
    .flatMap(({ text }, i) =>
      Array.from({ length: 16 }, (_, k) => [text, texts[(31 * i + 7 * k) % texts.length]!] as const),
    );
  const encode = await readWordPieces(tokenizer, length);
  const model = exportNetwork(output, start.parameters(output.tape, 1), { precision });
  await using scorer = await openRowScorer(model, { threads });
  const score = async (some: typeof pairs): Promise<number[]> => {
    const rows = some.map(([query, text]) => joinPair(encode(query), encode(text), length));
    return (await scorer.run(rows)).map(([value]) => value!);
  };
  await score(pairs.slice(0, 32));
  return await compare(
    `score, ${precision}, ${threads} threads`,
    pairs.length,
    async () => ({ ...(await timed(() => score(pairs), steps)), scores: await score(pairs) }),
    { task: 'score', threads, pairs },
    (ours, theirs: Times & { scores: number[] }) =>
      Math.max(...ours.scores.map((value, i) => Math.abs(value - theirs.scores[i]!))),
  );
}

const measured: Record<string, unknown> = {};
try {
  for (const threads of values.threads.split(',').map(Number)) {
    if (values.tasks.includes('train')) {
      measured[`train, ${threads} threads`] = await compare(
        `train, batch ${batch} of ${length} tokens, dropout ${dropout}, ${threads} threads`,
        batch,
        () => trainOurs(threads),
        { task: 'train', threads, batch, dropout, ids },
        (ours, theirs: Times & { losses: number[] }) =>
          dropout > 0 ? 0 : Math.max(...ours.losses.map((loss, i) => Math.abs(loss - theirs.losses[i]!))),
      );
    }
    if (!values.tasks.includes('score')) continue;
    for (const precision of ['float32', 'int8'] as const) {
      measured[`score, ${precision}, ${threads} threads`] = await scoring(threads, precision);
    }
  }
} finally {
  await rm(folder, { recursive: true });
}
process.stdout.write(
  `${JSON.stringify({ bench: 'fine-tune', batch, length, dropout, rounds, steps, ...measured })}\n`,
);
