import pLimit, { type LimitFunction } from 'p-limit';
import type { Candidate, Candidates } from '../core/candidates.js';
import { type ErrorCode, RankforgeError, stopsOthers } from '../core/errors.js';
import type { JobOptions, OnProgress } from '../core/progress.js';
import type { Query } from '../core/query.js';
import type { Ranking } from '../core/ranking.js';
import { addUsage, noUsage, type Usage } from '../core/usage.js';
import { packageVersion } from '../core/version.js';
import { wait } from '../core/wait.js';
import type { Warning } from '../core/warning.js';
import { toOutcome } from './check-comparison.js';
import type { Comparator } from './comparator.js';
import type { Group, Outcome, Program } from './program.js';
import { parseProgram } from './programs/registry.js';
import { rankedItems } from './ranked-items.js';
import { checkFinalOrder, dryRun } from './run-program.js';
import { checkPair } from './sensible-pair.js';
import { uniqueWarnings } from './unique-warnings.js';

export interface RerankerOptions {
  /** A program, or its written form such as `sliding:20/10`. */
  readonly program: Program | string;
  readonly comparator: Comparator;
  /** Ranks reranked; those below keep their order. @default all */
  readonly depth?: number;
  /** Comparisons at a time, over all queries of this reranker. @default 4 */
  readonly concurrency?: number;
  /**
   * What happens when a comparison fails and its second try too (calls that a server's limits or an endpoint tried again
   * already get none): the error is thrown, or the group keeps its order, with a warning. Aborts, exhausted budgets and settings that cannot work are always thrown. @default 'throw'
   */
  readonly onFailure?: 'throw' | 'keep';
}

export interface Reranker {
  /**
   * Orders one query's candidates. Scores are the comparator's where the program compares all passages on one scale;
   * else they only say the order: the number of candidates for rank 1, one less a rank. Below `depth` they go on
   * falling by 1. Candidates of equal text are fine, of equal id not.
   * @throws RankforgeError `duplicate-id`, `usage`, and what the comparator throws, whose `usage` is then all that the query
   * took; the signal's reason
   */
  rerank(candidates: Candidates, options?: JobOptions): Promise<Ranking>;
}

/** A program and a comparator as one. @throws RankforgeError `unknown-name`, `usage` */
export function composeReranker(options: RerankerOptions): Reranker {
  const program = typeof options.program === 'string' ? parseProgram(options.program) : options.program;
  if (typeof options.program === 'string') checkPair(options.program, options.comparator.name);
  const depth = checkCount(options.depth ?? Number.POSITIVE_INFINITY, 'depth', 0);
  const limit = pLimit(checkCount(options.concurrency ?? 4, 'concurrency', 1));
  const setting: Setting = {
    program,
    depth,
    limit,
    comparator: options.comparator,
    onFailure: options.onFailure ?? 'throw',
  };
  return { rerank: (candidates, job = {}) => rerankOne(setting, candidates, job) };
}

interface Setting {
  readonly program: Program;
  readonly comparator: Comparator;
  readonly depth: number;
  readonly limit: LimitFunction;
  readonly onFailure: 'throw' | 'keep';
}

async function rerankOne(
  setting: Setting,
  candidates: Candidates,
  { signal, onProgress }: JobOptions,
): Promise<Ranking> {
  signal?.throwIfAborted();
  const { query, items } = candidates;
  checkIds(query, items);
  const work = new Work(setting, candidates, signal, onProgress);
  const n = Math.min(items.length, setting.depth);
  const run = setting.program(n);
  let step = run.next();
  let rounds = 0;
  try {
    while (!step.done) {
      if (step.value.length > 0) rounds++;
      step = run.next(await work.compareAll(step.value));
    }
  } catch (error) {
    // The one failure tells what all comparisons of the query took.
    throw error instanceof RankforgeError && !signal?.aborted ? error.with({ usage: work.usage }) : error;
  }
  checkFinalOrder(step.value, n);
  return {
    queryId: query.id,
    items: rankedItems(items, step.value, work.probabilities),
    ...(n < items.length ? { depth: n } : {}),
    usage: { ...work.usage, rounds },
    warnings: uniqueWarnings(work.warnings),
    provenance: { packageVersion, ...setting.comparator.provenance },
  };
}

/** The comparisons of one query, and what they cost so far. */
class Work {
  usage: Usage = noUsage;
  readonly warnings: Warning[] = [];
  /** By item, as its latest comparison gave it. */
  readonly probabilities = new Map<number, number>();
  #done = 0;
  readonly #total: number;
  /** Candidates whose probabilities are known to hold. */
  readonly #calibrated: number;

  constructor(
    private readonly setting: Setting,
    private readonly candidates: Candidates,
    private readonly signal: AbortSignal | undefined,
    private readonly onProgress: OnProgress | undefined,
  ) {
    const n = Math.min(candidates.items.length, setting.depth);
    this.#calibrated = setting.comparator.calibratedDepth ?? n;
    if (this.#calibrated < n) this.warnings.push(notCalibrated(this.#calibrated, n, candidates.query));
    // How far there is to go, as it is when every comparison keeps the order shown.
    this.#total = onProgress ? dryRun(setting.program, n).rounds.flat().length : 0;
    onProgress?.({ stage: 'rerank', done: 0, total: this.#total, unit: 'items' });
  }

  /** One round. The first failure stops the others, unless a budget ran out; all have ended when it is thrown. */
  async compareAll(groups: readonly Group[]): Promise<Outcome[]> {
    const stop = new AbortController();
    const onAbort = () => stop.abort(this.signal?.reason);
    if (this.signal?.aborted) onAbort();
    this.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const settled = await Promise.allSettled(
        groups.map((group) =>
          this.setting.limit(async () => {
            try {
              return await this.#compare(group, stop.signal);
            } catch (error) {
              if (stopsOthers(error)) stop.abort(error);
              throw error;
            }
          }),
        ),
      );
      this.signal?.throwIfAborted();
      if (stop.signal.aborted) throw stop.signal.reason;
      return settled.map((one) => {
        if (one.status === 'rejected') throw one.reason;
        return one.value;
      });
    } finally {
      this.signal?.removeEventListener('abort', onAbort);
    }
  }

  async #compare(group: Group, signal: AbortSignal): Promise<Outcome> {
    signal.throwIfAborted();
    checkGroup(group, this.setting.comparator);
    const outcome = await this.#try(group, signal, 0);
    this.#done++;
    this.onProgress?.({
      stage: 'rerank',
      done: this.#done,
      total: Math.max(this.#done, this.#total),
      unit: 'items',
    });
    return outcome;
  }

  async #try(group: Group, signal: AbortSignal, attempt: number): Promise<Outcome> {
    const { comparator, onFailure } = this.setting;
    const passages = group.map((item) => this.candidates.items[item]!.passage);
    try {
      const comparison = await comparator.compare(this.candidates.query, passages, { signal, attempt });
      this.usage = addUsage(this.usage, comparison.usage);
      const outcome = toOutcome(group, comparison);
      comparison.probabilities?.forEach((probability, position) => {
        if (group[position]! < this.#calibrated) this.probabilities.set(group[position]!, probability);
      });
      this.warnings.push(...comparison.warnings);
      return outcome;
    } catch (error) {
      if (error instanceof RankforgeError) this.usage = addUsage(this.usage, error.usage);
      if (signal.aborted || !(error instanceof RankforgeError)) throw error;
      // Who made the call may have tried again already: tries of both would multiply.
      if (error.retryable && !error.retried && attempt === 0) {
        await wait(error.retryAfterMs ?? 0, signal);
        return this.#try(group, signal, 1);
      }
      if (onFailure === 'throw' || !keepable.has(error.code)) throw error;
      this.warnings.push({
        code: 'kept-order',
        message: `${passages.length} passages keep their order, since their comparison failed: ${error.message}`,
        id: this.candidates.query.id,
      });
      return { order: group, failed: true };
    }
  }
}

const notCalibrated = (calibrated: number, reranked: number, { id }: Query): Warning => ({
  code: 'not-calibrated',
  message: `The calibration holds for the first ${calibrated} candidates and ${reranked} were reranked: where it does not hold there is no probability`,
  id,
});

/** Failures of one call, which say nothing of the next. */
const keepable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'context-overflow',
  'server-error',
  'server-unreachable',
  'rate-limited',
  'bad-reply',
  'unparsed-ranking',
  'timeout',
]);

function checkIds(query: Query, items: readonly Candidate[]): void {
  const seen = new Set<string>();
  for (const { passage } of items) {
    if (seen.has(passage.id)) {
      throw new RankforgeError('duplicate-id', `Query "${query.id}" has passage "${passage.id}" twice`, {
        where: query.id,
        hint: 'Give each candidate once.',
      });
    }
    seen.add(passage.id);
  }
}

function checkGroup(group: Group, { name, maxGroup }: Comparator): void {
  if (maxGroup === undefined || group.length <= maxGroup) return;
  throw new RankforgeError(
    'usage',
    `The comparator ${name} compares at most ${maxGroup} passages, not ${group.length}`,
    {
      hint: (spell) =>
        `Give at most ${maxGroup} ${spell('documents')}, or use smaller windows, for instance ${spell('method', `sliding:${maxGroup}`)}.`,
    },
  );
}

function checkCount(value: number, name: string, least: number): number {
  if ((Number.isInteger(value) || value === Number.POSITIVE_INFINITY) && value >= least) return value;
  throw new RankforgeError('usage', `${name} is ${value}`, { hint: `Give a whole number from ${least}.` });
}
