import { type Command, Option } from 'commander';
import { RankforgeError } from '../../../core/errors.js';
import type { Ranking } from '../../../core/ranking.js';
import type { Qrels, Run } from '../../../core/run.js';
import { addUsage } from '../../../core/usage.js';
import { evaluateRun } from '../../../evaluate/evaluate-run.js';
import { atomicWrite } from '../../../formats/atomic-write.js';
import { writeRun } from '../../../formats/trec-run.js';
import { candidatesOf } from '../../../pipeline/candidates-of.js';
import { calibratedComparator, readCalibration } from '../../../rerank/calibration/score-calibration.js';
import { keepRelevant, readCutOff } from '../../../rerank/cut-off/cut-off.js';
import { debias } from '../../../rerank/debias/registry.js';
import { parseProgram } from '../../../rerank/programs/registry.js';
import { rerankRun } from '../../../rerank/rerank-run.js';
import { type RerankerCard, readRerankerCard } from '../../../rerank/reranker-card.js';
import { selfConsistent } from '../../../rerank/self-consistency/self-consistent.js';
import { checkCard, withCard } from '../card-flags.js';
import { checkOutput } from '../check-output.js';
import { type CliContext, printResult } from '../cli-context.js';
import { flags } from '../flags.js';
import {
  checkTunable,
  type InterpolateChoice,
  interpolateAll,
  interpolateFlag,
  weightLine,
} from '../interpolate-flag.js';
import { type ComparatorFlags, namedComparator } from '../named-comparator.js';
import { openDataset } from '../open-dataset.js';
import { readGivenQrels, readGivenRun } from '../read-given.js';
import { openReading } from '../reading.js';
import { scoreFile } from '../score-file.js';

interface RerankFlags extends ComparatorFlags {
  dataset?: string;
  split?: string;
  skipBad?: boolean;
  run?: string;
  features?: string;
  scores?: boolean;
  reranker?: string;
  /** What `reranker` holds. */
  card?: RerankerCard;
  method: string;
  debias?: string;
  shuffles?: number;
  calibration?: string;
  cutOff?: string;
  rankings?: string;
  depth: number;
  interpolate?: InterpolateChoice;
  onFailure: 'throw' | 'keep';
  out: string;
  json?: boolean;
}

export function addRerankCommand(program: Command, context: CliContext): void {
  program
    .command('rerank')
    .description('Rerank a TREC run: a program (what to compare) with a comparator (how)')
    .addOption(flags.dataset())
    .addOption(flags.run())
    .option(
      '--features <file>',
      'in place of --dataset and --run: score an SVMlight or LETOR file with a student of such features',
    )
    .option('--scores', 'of --features: a score a line in place of a run')
    .option(
      '--reranker <card>',
      'a card in place of --method, --compare, --prompt, --model, --depth and --interpolate: see rerankers/',
    )
    .addOption(flags.method())
    .addOption(flags.compare())
    .addOption(flags.prompt())
    .addOption(flags.debias())
    .addOption(flags.shuffles())
    .addOption(interpolateFlag())
    .option('--calibration <file>', 'how probable it is that each passage is relevant: see calibrate')
    .option('--cut-off <file>', 'keep only what is relevant: see calibrate')
    .option('--rankings <file>', 'each ranking as a line of JSON too, with probabilities and warnings')
    .addOption(flags.model())
    .addOption(flags.baseUrl())
    .addOption(flags.context())
    .addOption(flags.threads())
    .addOption(flags.depth('candidates a query that are reranked'))
    .addOption(flags.split())
    .addOption(flags.skipBad())
    .addOption(flags.qrels())
    .addOption(
      new Option(
        '--parser <name>',
        'how replay reads replies: digits as RankLLM’s early releases did (default: anchored)',
      ).choices(['anchored', 'digits']),
    )
    .addOption(flags.onFailure())
    .addOption(flags.ledger().default(undefined, 'beside --out'))
    .addOption(flags.concurrency())
    .addOption(flags.budgetCalls())
    .addOption(flags.budgetTokens())
    .addOption(flags.budgetUsd())
    .addOption(flags.seed())
    .addOption(flags.out('where the reranked run goes'))
    .addOption(flags.json())
    .action(async (given: RerankFlags) => {
      if (given.features !== undefined) return scoreFile(given, given.features, context);
      const card = given.reranker === undefined ? undefined : await readRerankerCard(given.reranker);
      const carded = card ? { ...withCard(given, card), card } : given;
      // A stopped run resumes by default: what was answered lies beside the run that is being made.
      const options = { ledger: `${given.out}.ledger`, ...carded };
      const result = await rerank(options, context);
      for (const { code, message, id } of result.warnings.slice(0, 10)) {
        context.stderr(`warning: ${code}${id ? ` (${id})` : ''}: ${message}\n`);
      }
      if (result.warnings.length > 10)
        context.stderr(`warning: ${result.warnings.length - 10} more; --json lists them all\n`);
      printResult(context, options, result, () => summary(result));
    });
}

async function rerank(options: RerankFlags, context: CliContext) {
  const { run: path, dataset } = options;
  if (path === undefined || dataset === undefined) {
    throw new RankforgeError('usage', `rerank needs ${dataset === undefined ? '--dataset' : '--run'}`, {
      where: 'rerank',
      hint: 'Give --dataset and --run, or --features and a student of such features.',
    });
  }
  const { method, depth, out, onFailure, concurrency } = options;
  const { signal, onProgress } = context;
  const { seed, shuffles } = options;
  const parsed = parseProgram(method, { seed });
  const program = shuffles === undefined ? parsed : selfConsistent(parsed, { shuffles, seed });
  const calibration =
    options.calibration === undefined ? undefined : await readCalibration(options.calibration);
  const cutOff = options.cutOff === undefined ? undefined : await readCutOff(options.cutOff);
  await checkOutput(out);
  if (options.rankings !== undefined) await checkOutput(options.rankings);
  using reading = openReading(options, context);
  const run = await readGivenRun(path, reading);
  const candidates = candidatesOf(run, await openDataset({ ...options, dataset }, context, reading), {
    depth,
  });
  const qrels = options.qrels === undefined ? undefined : await readGivenQrels(options.qrels, reading);
  checkTunable(options.interpolate, candidates, qrels);
  await using opened = await namedComparator({ ...options, qrels }, context, reading);
  if (options.card) checkCard(options.card, opened);
  const sample = candidates.map(({ query, items }) => ({ query, items: items.slice(0, depth) }));
  const debiased = options.debias === undefined ? opened : debias(opened, options.debias, { sample, seed });
  const comparator = calibration ? calibratedComparator(debiased, calibration) : debiased;
  const started = performance.now();
  const reranked: Ranking[] = [];
  const work = rerankRun(candidates, {
    program,
    comparator,
    depth,
    concurrency,
    onFailure,
    total: candidates.length,
    signal,
    onProgress,
  });
  for await (const ranking of work) reranked.push(ranking);
  const mixed =
    options.interpolate === undefined
      ? undefined
      : interpolateAll(candidates, reranked, { choice: options.interpolate, qrels, seed });
  const rankings = (mixed?.rankings ?? reranked).map((whole) =>
    cutOff ? keepRelevant(whole, cutOff) : whole,
  );
  if (options.rankings !== undefined)
    await atomicWrite(
      options.rankings,
      rankings.map((ranking) => `${JSON.stringify(ranking)}\n`),
    );
  const ranked = new Map(
    rankings.map(({ queryId, items }) => [queryId, items.map(({ id, score }) => ({ id, score }))]),
  );
  await writeRun(out, ranked, `rankforge-${method}-${comparator.name}`);
  const usage = addUsage(...rankings.map((ranking) => ranking.usage));
  const rounds = rankings.reduce((sum, ranking) => sum + ranking.usage.rounds, 0);
  return {
    out,
    method,
    compare: options.compare,
    queries: ranked.size,
    depth,
    usage: { ...usage, rounds },
    /** Of one query, the mean. */
    perQuery: { calls: usage.calls / Math.max(1, ranked.size), rounds: rounds / Math.max(1, ranked.size) },
    seconds: (performance.now() - started) / 1000,
    ...(mixed ? { interpolation: mixed.taken } : {}),
    // Judgements that tuned the weight would flatter it; what it says of itself is held out.
    ...(qrels && options.interpolate !== 'tuned' ? { measures: measuresOf(qrels, ranked) } : {}),
    warnings: rankings.flatMap((ranking) => ranking.warnings),
  };
}

/** Of the queries that were reranked and are judged; nothing where there are none. */
function measuresOf(qrels: Qrels, ranked: Run): Readonly<Record<string, number>> {
  const judged = new Map([...qrels].filter(([id]) => ranked.has(id)));
  if (![...judged.keys()].some((id) => ranked.get(id)!.length > 0)) return {};
  return evaluateRun(judged, ranked, ['nDCG@10']).means;
}

function summary(result: Awaited<ReturnType<typeof rerank>>): string {
  const { out, queries, usage, perQuery, seconds, interpolation, measures = {} } = result;
  const each = `${perQuery.calls.toFixed(1)} calls in ${perQuery.rounds.toFixed(1)} rounds a query`;
  const tokens = `${usage.promptTokens} prompt and ${usage.outputTokens} reply tokens`;
  const measured = Object.entries(measures).map(([name, value]) => `${name} ${value.toFixed(4)}\n`);
  return `${queries} queries, ${each}, ${tokens}, ${usage.cachedCalls} calls from the ledger, ${seconds.toFixed(1)} s: ${out}\n${interpolation ? weightLine(interpolation) : ''}${measured.join('')}`;
}
