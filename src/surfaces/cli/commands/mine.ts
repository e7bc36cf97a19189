import type { Command } from 'commander';
import { RankforgeError } from '../../../core/errors.js';
import type { Example } from '../../../core/example.js';
import type { Dataset } from '../../../formats/dataset.js';
import { readExamples, writeExamples } from '../../../formats/examples.js';
import { corpusOf } from '../../../generate/corpus.js';
import { Funnel } from '../../../generate/funnel.js';
import { writeFilterThreshold } from '../../../generate/negatives/filter-threshold.js';
import { judgedRequests } from '../../../generate/negatives/judged-requests.js';
import { learnFilterThreshold } from '../../../generate/negatives/learn-threshold.js';
import { type MiningRequest, mineExamples } from '../../../generate/negatives/mine-examples.js';
import { checkMix, type MixShare } from '../../../generate/negatives/mix.js';
import { checkPositiveAware } from '../../../generate/negatives/positive-ceiling.js';
import { checkOutput } from '../check-output.js';
import { type CliContext, printResult } from '../cli-context.js';
import { addMineFlags, type MineFlags } from '../mine/mine-flags.js';
import { checkFilter, openFilter } from '../mine/open-filter.js';
import { checkRetrievers, openSources } from '../mine/open-sources.js';
import { learnSummary, mineSummary } from '../mine/summary.js';
import { openDataset } from '../open-dataset.js';
import { openReading } from '../reading.js';

export function addMineCommand(program: Command, context: CliContext): void {
  const command = program
    .command('mine')
    .description('Negatives for judged queries or known items, as training examples: mined, written, random');
  addMineFlags(command).action(async (options: MineFlags) => {
    // All that can be said before hours of work are spent.
    checkPositiveAware(options);
    checkMix(mixOf(options).mix);
    checkRetrievers(options);
    checkFilter(options);
    await checkOutput(options.out);
    if (options.learnThreshold) {
      const learnt = await learn(options, context);
      printResult(context, options, learnt, () => learnSummary(learnt));
    } else {
      const result = await mine(options, context);
      printResult(context, options, result, () => mineSummary(result));
    }
  });
}

async function mine(options: MineFlags, context: CliContext) {
  const { out, band, depth, pick, seed, concurrency, falseNegatives: onFalseNegative } = options;
  const { signal, onProgress } = context;
  const started = performance.now();
  const { dataset, requests } = await openRequests(options, context);
  await using opened = await openSources(options, dataset, context);
  await using reader = await openFilter(options, context);
  const funnel = new Funnel();
  const examples = mineExamples(requests, {
    ...mixOf(options),
    sources: opened.sources,
    corpus: corpusOf(dataset.passages.values()),
    band,
    depth,
    pick,
    filter: reader.filter,
    writer: reader.writer,
    onFalseNegative,
    replaceRelabelled: true,
    seed,
    concurrency,
    funnel,
    signal,
    onProgress,
  });
  const made = { examples: 0, positive: 0, 'hard-negative': 0, random: 0 };
  await writeExamples(out, counted(examples, made), { signal });
  return {
    out,
    ...made,
    funnel: funnel.toJSON(),
    threshold: reader.learnt,
    usage: reader.usage,
    seconds: (performance.now() - started) / 1000,
  };
}

async function learn(options: MineFlags, context: CliContext) {
  const {
    out,
    mostFalseNegatives = 0.05,
    fMeasure,
    judgedPerQuery: perQuery,
    unjudged,
    seed,
    concurrency,
  } = options;
  const { signal, onProgress } = context;
  const { dataset, requests } = await openRequests(options, context);
  await using opened = await openSources(options, dataset, context);
  await using reader = await openFilter(options, context);
  const threshold = await learnFilterThreshold(requests, {
    sources: opened.sources,
    corpus: corpusOf(dataset.passages.values()),
    filter: reader.filter!,
    aim:
      fMeasure === undefined
        ? { by: 'false-negative-rate', most: mostFalseNegatives }
        : { by: 'f-measure', beta: fMeasure },
    perQuery,
    unjudged,
    seed,
    concurrency,
    signal,
    onProgress,
  });
  await writeFilterThreshold(out, threshold);
  return { out, ...threshold, usage: reader.usage };
}

/** The queries and their positives: judged ones, or those of examples that exist. */
async function openRequests(
  options: MineFlags,
  context: CliContext,
): Promise<{ readonly dataset: Dataset; readonly requests: readonly MiningRequest[] }> {
  const { examples, relevantFrom, dataset: folder } = options;
  using reading = openReading(options, context);
  const dataset = await openDataset(options, context, reading);
  if (examples === undefined) {
    if (dataset.qrels.size === 0) {
      throw new RankforgeError('too-little-data', `${folder} has no judged query to mine for`, {
        where: folder,
        hint: 'Name judgements with --split, or give known items with --examples.',
      });
    }
    return { dataset, requests: judgedRequests(dataset, { relevantFrom }) };
  }
  const requests: MiningRequest[] = [];
  for await (const { query, passages } of readExamples(examples, reading))
    requests.push({ query, positives: passages.filter(({ kind }) => kind === 'positive') });
  return { dataset, requests };
}

/** The shares of all negatives; without --mix a place of a kind is a share. */
function mixOf({ mix, count, random, written, onShort }: MineFlags): {
  readonly mix: readonly MixShare[];
  readonly count: number;
  readonly onShort: 'fill' | 'leave';
} {
  if (mix) return { mix, count, onShort: onShort ?? 'fill' };
  const shares: MixShare[] = [
    { kind: 'mined', share: count },
    { kind: 'written', share: written },
    { kind: 'random', share: random },
  ];
  return {
    mix: shares.filter(({ share }) => share > 0),
    count: count + written + random,
    onShort: onShort ?? 'leave',
  };
}

async function* counted(
  examples: AsyncIterable<Example>,
  made: Record<'examples' | Example['passages'][number]['kind'], number>,
): AsyncGenerator<Example> {
  for await (const example of examples) {
    made.examples += 1;
    for (const { kind } of example.passages) made[kind] += 1;
    yield example;
  }
}
