import { RankforgeError } from '../../../core/errors.js';
import { addUsage, noUsage, type Usage } from '../../../core/usage.js';
import { createJudge } from '../../../generate/judge/judge.js';
import { type FilterThreshold, readFilterThreshold } from '../../../generate/negatives/filter-threshold.js';
import {
  comparatorFilter,
  judgeFilter,
  type RelevanceFilter,
} from '../../../generate/negatives/relevance-filter.js';
import type { NegativeWriter } from '../../../generate/negatives/write-negatives.js';
import { createBudget } from '../../../models/door/budget.js';
import { createModelPool } from '../../../pipeline/model-pool.js';
import type { CliContext } from '../cli-context.js';
import { budgetOf } from '../flags.js';
import { namedComparator } from '../named-comparator.js';
import type { MineFlags } from './mine-flags.js';

/** What reads candidates, and what writes them. */
export interface OpenFilter extends AsyncDisposable {
  readonly filter?: RelevanceFilter;
  readonly writer?: NegativeWriter;
  /** What the filter was learnt to do, where --threshold names a file. */
  readonly learnt?: FilterThreshold;
  readonly usage: Usage;
}

/** Looks over the flags of judge, filter and writer, before anything is opened. @throws RankforgeError `usage` */
export function checkFilter({
  judge,
  filter,
  threshold,
  learnThreshold,
  written,
  mix,
  writer,
}: MineFlags): void {
  const fail = (what: string, hint: string): RankforgeError => new RankforgeError('usage', what, { hint });
  const writes = mix ? mix.some(({ kind }) => kind === 'written') : written > 0;
  if (judge !== undefined && filter !== undefined)
    throw fail('Both a judge and a filter are given', 'Give --judge or --filter.');
  if (filter !== undefined && threshold === undefined && !learnThreshold)
    throw fail(
      'A comparator filters by a threshold of its scores',
      'Learn one with --learn-threshold, and give it as --threshold.',
    );
  if (writes && judge === undefined)
    throw fail(
      'Written negatives count only when they are judged',
      'Give --judge, or ask for no written ones.',
    );
  if (!writes && writer !== undefined)
    throw fail(
      'A writer is given, and no negatives are to be written',
      'Give --written, or a --mix with written ones.',
    );
  if (threshold !== undefined && judge === undefined && filter === undefined)
    throw fail('A threshold is given, and nothing whose scores it is for', 'Give --judge or --filter.');
  if (learnThreshold && judge === undefined && filter === undefined)
    throw fail('There is nothing to learn a threshold for', 'Give --judge or --filter.');
}

/** Opens judge, filter and writer as the flags name them, behind one ledger and one budget. */
export async function openFilter(options: MineFlags, context: CliContext): Promise<OpenFilter> {
  checkFilter(options);
  if (options.filter !== undefined) return openComparatorFilter(options.filter, options, context);
  if (options.judge !== undefined) return openJudge(options.judge, options, context);
  return { usage: noUsage, async [Symbol.asyncDispose]() {} };
}

async function openComparatorFilter(
  compare: string,
  options: MineFlags,
  context: CliContext,
): Promise<OpenFilter> {
  const comparator = await namedComparator({ ...options, compare, ledger: ledgerOf(options) }, context);
  let usage = noUsage;
  try {
    const modelId = comparator.provenance?.modelId;
    const named = { ...comparator, name: [comparator.name, modelId].filter(Boolean).join(' with ') };
    const { threshold, learnt } = await thresholdOf(options, named.name);
    const filter = comparatorFilter(named, {
      threshold: threshold ?? Number.POSITIVE_INFINITY,
      onUsage: (used) => {
        usage = addUsage(usage, used);
      },
    });
    return {
      filter,
      learnt,
      get usage() {
        return usage;
      },
      [Symbol.asyncDispose]: () => comparator[Symbol.asyncDispose](),
    };
  } catch (error) {
    await comparator[Symbol.asyncDispose]();
    throw error;
  }
}

async function openJudge(
  judge: string,
  options: MineFlags,
  { signal, onProgress }: CliContext,
): Promise<OpenFilter> {
  const { judgeMode: mode, writer = judge, context, threads, baseUrl, concurrency } = options;
  const entry = { context, threads, baseUrl, concurrency };
  const pool = await createModelPool({
    models: { judge: { model: judge, ...entry }, writer: { model: writer, ...entry } },
    ledger: ledgerOf(options),
    budget: createBudget(budgetOf(options)),
    signal,
    onProgress,
  });
  try {
    const model = await pool.open('judge');
    const name = `judge ${mode} with ${model.id}`;
    const { threshold, learnt } = await thresholdOf(options, name);
    const writes = options.mix ? options.mix.some(({ kind }) => kind === 'written') : options.written > 0;
    return {
      filter: judgeFilter(createJudge({ model, mode }), { name, threshold }),
      // A local model is not loaded twice.
      writer: writes ? { model: writer === judge ? model : await pool.open('writer') } : undefined,
      learnt,
      get usage() {
        return pool.usage;
      },
      [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
    };
  } catch (error) {
    await pool[Symbol.asyncDispose]();
    throw error;
  }
}

const ledgerOf = ({ ledger, out }: MineFlags): string => ledger ?? `${out}.ledger`;

async function thresholdOf(
  { threshold, learnThreshold }: MineFlags,
  of: string,
): Promise<{ readonly threshold?: number; readonly learnt?: FilterThreshold }> {
  if (threshold === undefined || learnThreshold) return {};
  const number = threshold.trim() === '' ? Number.NaN : Number(threshold);
  if (Number.isFinite(number)) return { threshold: number };
  const learnt = await readFilterThreshold(threshold, of);
  return { threshold: learnt.threshold, learnt };
}
