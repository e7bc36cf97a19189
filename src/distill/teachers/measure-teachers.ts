import type { Qrels, Run, ScoredId } from '../../core/run.js';
import { mean, zScores } from '../../core/vectors.js';
import { evaluateRun } from '../../evaluate/evaluate-run.js';
import { type KnownItems, knownItemQrels } from '../../evaluate/known-item.js';
import { scoresFromRanks } from '../training-list.js';

/** A ranking of the candidates that may become part of the labels. */
export interface TeacherRun {
  readonly name: string;
  /** `untrained`: BM25, dense, feedback, their fusion. */
  readonly kind: 'teacher' | 'untrained';
  readonly run: Run;
  /** The comparator that made it, for instance `likelihood`. */
  readonly comparator?: string;
  /** The model behind it, as in `TeacherData.writers`. */
  readonly modelId?: string;
  /** The scores mean nothing but an order, as in most listwise runs. @default false */
  readonly ranksOnly?: boolean;
  /** An untrained run's weight in the untrained fusion; 0: shown beside the others and no part of it. @default 1 */
  readonly weight?: number;
}

export interface TeacherData {
  /** By query id, the ids of the passages that were ranked. */
  readonly candidates: ReadonlyMap<string, readonly string[]>;
  readonly runs: readonly TeacherRun[];
  /** By query id, the passage it was written from. Queries not among the candidates are passed over. */
  readonly known: KnownItems;
  /** Judged queries, shown beside and never fitted on. */
  readonly qrels?: Qrels;
  /** By query id, the id of the model that wrote the query; absent for one that a person wrote. */
  readonly writers?: ReadonlyMap<string, string>;
}

export interface KnownItemFigures {
  readonly rr: number;
  readonly ndcg: number;
  readonly queries: number;
}

export interface JudgedFigures {
  readonly ndcg: number;
  readonly queries: number;
}

/** A row of the teacher table. */
export interface TeacherMeasurement {
  readonly name: string;
  readonly kind: 'teacher' | 'untrained' | 'fusion';
  /** Mean RR and nDCG@10 of the known items; absent where no query may be measured. */
  readonly knownItems?: KnownItemFigures;
  /** nDCG@10 on the judged queries that are among the candidates. */
  readonly judged?: JudgedFigures;
  /**
   * It is likelihood under the model that wrote (some of) the queries, which flatters it there: `knownItems` then counts
   * only queries that another model or a person wrote.
   */
  readonly flattered: boolean;
  /** Passages of the candidates that it did not score; they count as its lowest. */
  readonly missing: number;
}

/** Whether a run is flattered on a query. */
export const isFlattered = (teacher: TeacherRun, queryId: string, { writers }: TeacherData): boolean =>
  teacher.kind === 'teacher' &&
  teacher.comparator === 'likelihood' &&
  teacher.modelId !== undefined &&
  writers?.get(queryId) === teacher.modelId;

/** Measures every run on known items and judged queries, over the candidates alone. */
export function measureTeachers(data: TeacherData): TeacherMeasurement[] {
  return data.runs.map((teacher) => {
    const z = teacherScores(teacher, data.candidates);
    const flattered = [...data.known.keys()].some((id) => isFlattered(teacher, id, data));
    return {
      name: teacher.name,
      kind: teacher.kind,
      ...measureScores(z, data, (queryId) => !isFlattered(teacher, queryId, data)),
      flattered,
      missing: countMissing(teacher.run, data.candidates),
    };
  });
}

/** Known-item and judged figures of scores aligned with the candidates. */
export function measureScores(
  scores: ReadonlyMap<string, readonly number[]>,
  { candidates, known, qrels }: TeacherData,
  counts: (queryId: string) => boolean = () => true,
): { knownItems?: KnownItemFigures; judged?: JudgedFigures } {
  const run = new Map<string, ScoredId[]>();
  for (const [queryId, ids] of candidates) {
    const own = scores.get(queryId)!;
    run.set(
      queryId,
      ids.map((id, i) => ({ id, score: own[i]! })).sort((a, b) => b.score - a.score),
    );
  }
  const measurable = new Map([...known].filter(([id]) => candidates.has(id) && counts(id)));
  const judged = new Map([...(qrels ?? [])].filter(([id]) => candidates.has(id)));
  const result: { knownItems?: KnownItemFigures; judged?: JudgedFigures } = {};
  if (measurable.size > 0) {
    const { means } = evaluateRun(knownItemQrels(measurable), run, ['RR', 'nDCG@10']);
    result.knownItems = { rr: means.RR!, ndcg: means['nDCG@10']!, queries: measurable.size };
  }
  if (judged.size > 0) {
    const { means } = evaluateRun(judged, run, ['nDCG@10']);
    result.judged = { ndcg: means['nDCG@10']!, queries: judged.size };
  }
  return result;
}

/**
 * Z-scores of a run over each query's candidates. A passage that it did not score, or scored NaN or infinite, gets its
 * lowest; a query without two different scores gets zeros, which teach nothing, even of a run of which only the order counts:
 * the order of equal scores is that of their ids.
 */
export function teacherScores(
  { run, ranksOnly = false }: Pick<TeacherRun, 'run' | 'ranksOnly'>,
  candidates: ReadonlyMap<string, readonly string[]>,
): Map<string, number[]> {
  return new Map(
    [...candidates].map(([queryId, ids]) => {
      const items = (run.get(queryId) ?? []).filter(({ score }) => Number.isFinite(score));
      const constant = items.length > 1 && items.every(({ score }) => score === items[0]!.score);
      if (constant) return [queryId, ids.map(() => 0)];
      const values = ranksOnly
        ? scoresFromRanks(items.map((_, i) => i + 1))
        : items.map(({ score }) => score);
      const own = new Map(items.map(({ id }, i) => [id, values[i]!]));
      const scored = ids.flatMap((id) => own.get(id) ?? []);
      // An order leaves off where the list ends; a score's lowest is known.
      const lowest = ranksOnly
        ? -Math.log(items.length + 1)
        : scored.reduce((low, x) => Math.min(low, x), scored[0] ?? 0);
      return [queryId, zScores(ids.map((id) => own.get(id) ?? lowest))];
    }),
  );
}

/** Candidates that a run gives no finite score. */
export function countMissing(run: Run, candidates: ReadonlyMap<string, readonly string[]>): number {
  let missing = 0;
  for (const [queryId, ids] of candidates) {
    const scored = new Set(
      (run.get(queryId) ?? []).filter(({ score }) => Number.isFinite(score)).map(({ id }) => id),
    );
    missing += ids.filter((id) => !scored.has(id)).length;
  }
  return missing;
}

/** Weighted sum of several runs' z-scores. */
export function sumScores(
  parts: readonly { readonly z: ReadonlyMap<string, readonly number[]>; readonly weight: number }[],
  candidates: ReadonlyMap<string, readonly string[]>,
): Map<string, number[]> {
  return new Map(
    [...candidates].map(([queryId, ids]) => [
      queryId,
      ids.map((_, i) => parts.reduce((sum, { z, weight }) => sum + weight * z.get(queryId)![i]!, 0)),
    ]),
  );
}

/** Mean and standard error. */
export function meanAndError(values: readonly number[]): { mean: number; error: number } {
  const centre = mean(values);
  const variance = values.reduce((sum, x) => sum + (x - centre) ** 2, 0) / Math.max(1, values.length - 1);
  return { mean: centre, error: Math.sqrt(variance / Math.max(1, values.length)) };
}
