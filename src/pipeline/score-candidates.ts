import type { Candidates } from '../core/candidates.js';
import type { Passage } from '../core/passage.js';
import type { JobOptions } from '../core/progress.js';
import type { Query } from '../core/query.js';
import type { Run, ScoredId } from '../core/run.js';
import type { Warning } from '../core/warning.js';
import { orderedMap } from '../generate/ordered-map.js';
import { toOutcome } from '../rerank/check-comparison.js';
import type { Comparator } from '../rerank/comparator.js';
import { parseProgram } from '../rerank/programs/registry.js';
import { rerankRun } from '../rerank/rerank-run.js';
import { cutShards, type Executor, type Shard } from './executor.js';

export interface ScoreOptions extends JobOptions {
  readonly executor: Executor;
  /** What the work is called in progress. */
  readonly stage: string;
  /** Where finished shards are kept. */
  readonly folder: string;
  /** Written program, for instance `sliding:20/10`. */
  readonly method: string;
  readonly comparator: Comparator;
  /** Comparisons under way at once. @default 4 */
  readonly callsAtOnce?: number;
  /** @default 8 */
  readonly shards?: number;
}

export interface ScoredCandidates {
  readonly run: Run;
  readonly warnings: readonly Warning[];
}

/**
 * One teacher's ranking of every query's candidates, in shards that survive a stop. Where each passage is scored alone,
 * the work goes passage by passage: a local model then reads each passage once, however many queries it is a candidate of.
 */
export async function scoreCandidates(
  lists: readonly Candidates[],
  options: ScoreOptions,
): Promise<ScoredCandidates> {
  return options.method === 'pointwise' && options.comparator.absolute
    ? byPassage(lists, options)
    : byQuery(lists, options);
}

interface PassageWork {
  readonly passage: Passage;
  readonly queries: readonly Query[];
}

async function byPassage(lists: readonly Candidates[], options: ScoreOptions): Promise<ScoredCandidates> {
  const work = new Map<string, { passage: Passage; queries: Query[] }>();
  for (const { query, items } of lists) {
    for (const { passage } of items) {
      const known = work.get(passage.id) ?? { passage, queries: [] };
      known.queries.push(query);
      work.set(passage.id, known);
    }
  }
  const shards = cutShards<PassageWork>([...work.values()], options.shards ?? 8, ({ passage }) => passage.id);
  const results = await options.executor(shards, (shard, job) => scorePassages(shard, options, job), options);
  const scores = new Map<string, ScoredId[]>(lists.map(({ query }) => [query.id, []]));
  for (const { scored } of results)
    for (const [queryId, id, score] of scored) scores.get(queryId)!.push({ id, score });
  // Ties keep the candidates' order, whatever shard a passage fell into.
  const run = new Map(
    lists.map(({ query, items }) => {
      const place = new Map(items.map(({ passage }, index) => [passage.id, index]));
      return [
        query.id,
        scores.get(query.id)!.sort((a, b) => b.score - a.score || place.get(a.id)! - place.get(b.id)!),
      ];
    }),
  );
  return { run, warnings: results.flatMap(({ warnings }) => warnings) };
}

async function scorePassages(
  { items }: Shard<PassageWork>,
  { comparator, callsAtOnce = 4 }: ScoreOptions,
  { signal, onProgress }: JobOptions,
) {
  const scored: [queryId: string, passageId: string, score: number][] = [];
  const warnings: Warning[] = [];
  const pairs = items.flatMap(({ passage, queries }, index) =>
    queries.map((query, of) => ({
      query,
      passage,
      passagesDone: of === queries.length - 1 ? index + 1 : index,
    })),
  );
  // Begun in order, so that a local model, which takes one after the other, still meets a passage's queries together.
  const compared = orderedMap(pairs, callsAtOnce, async (pair) => {
    signal?.throwIfAborted();
    return { ...pair, comparison: await comparator.compare(pair.query, [pair.passage], { signal }) };
  });
  for await (const { query, passage, passagesDone, comparison } of compared) {
    scored.push([query.id, passage.id, toOutcome([0], comparison).scores![0]!]);
    warnings.push(...comparison.warnings);
    onProgress?.({ stage: 'score', done: passagesDone });
  }
  return { scored, warnings };
}

async function byQuery(lists: readonly Candidates[], options: ScoreOptions): Promise<ScoredCandidates> {
  const { executor, comparator, method, callsAtOnce } = options;
  const shards = cutShards(lists, options.shards ?? 8, ({ query }) => query.id);
  const rank = async ({ items }: Shard<Candidates>, job: JobOptions) => {
    const rankings = [];
    let done = 0;
    for await (const { queryId, items: ranked, warnings } of rerankRun(items, {
      program: parseProgram(method),
      comparator,
      onFailure: 'keep',
      concurrency: callsAtOnce,
      signal: job.signal,
    })) {
      rankings.push({ queryId, items: ranked.map(({ id, score }) => ({ id, score })), warnings });
      job.onProgress?.({ stage: 'score', done: ++done });
    }
    return rankings;
  };
  const rankings = (await executor(shards, rank, options)).flat();
  const byId = new Map(rankings.map((ranking) => [ranking.queryId, ranking.items]));
  return {
    run: new Map(lists.map(({ query }) => [query.id, byId.get(query.id) ?? []])),
    warnings: rankings.flatMap(({ warnings }) => warnings),
  };
}
