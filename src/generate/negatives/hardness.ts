import type { Example, ExamplePassage } from '../../core/example.js';
import type { ScoredId } from '../../core/run.js';

/** What hardness is measured between: two scores of one scorer for one query. */
export interface HardnessScale {
  /** The score of the positive; of the best one where there are several. */
  readonly positive: number;
  /** What something unrelated scores: the lowest of the list that was searched. */
  readonly floor: number;
}

/**
 * How near a passage comes to the positive: `(score − floor) / (positive − floor)`, held to 0 to 1. It is 0 for what the scorer
 * puts at the floor and 1 from the positive's score on. Neither a shift nor a stretch of the scores changes it, so it means the
 * same for BM25, cosines and log-odds, and negative scores are nothing special.
 *
 * Where the positive itself is at the floor, everything above it is at 1.
 */
export function hardness(score: number, { positive, floor }: HardnessScale): number {
  if (score >= positive) return 1;
  if (score <= floor) return 0;
  return (score - floor) / (positive - floor);
}

/**
 * The scale of a searched list, best first. A positive that the list does not hold scores at most its last entry, so all in the
 * list are at 1. Undefined for an empty list.
 */
export function listScale(
  list: readonly ScoredId[],
  isPositive: (id: string) => boolean,
): HardnessScale | undefined {
  const floor = list.at(-1)?.score;
  if (floor === undefined) return undefined;
  return { positive: list.find(({ id }) => isPositive(id))?.score ?? floor, floor };
}

/** What a judge's score says of hardness: a certain positive has 1, and what is certainly none 0. */
export const judgeScale: HardnessScale = { positive: 1, floor: 0 };

/** The hardness of a negative that a judge read and no retriever ranked; nothing where the judge gave no score. */
export const judgedHardness = (score: number | undefined): { readonly hardness?: number } =>
  score === undefined ? {} : { hardness: hardness(score, judgeScale) };

/**
 * Hardness and margin by the teacher, for the passages that it scored: what the passages were mined by is then no longer what
 * they are called hard by. The positive is the best-scored one and the floor the lowest score of the example. Unchanged where no positive has
 * a score. For adaptive margins and curricula.
 */
export function markByTeacher(example: Example): Example {
  const scores = example.passages.flatMap(({ teacherScore }) => teacherScore ?? []);
  const ofPositives = example.passages.flatMap(({ kind, teacherScore }) =>
    kind === 'positive' && teacherScore !== undefined ? [teacherScore] : [],
  );
  if (ofPositives.length === 0) return example;
  const scale = {
    positive: ofPositives.reduce((best, score) => Math.max(best, score)),
    floor: scores.reduce((low, score) => Math.min(low, score)),
  };
  const mark = (item: ExamplePassage): ExamplePassage =>
    item.kind === 'positive' || item.teacherScore === undefined
      ? item
      : {
          ...item,
          hardness: hardness(item.teacherScore, scale),
          margin: scale.positive - item.teacherScore,
        };
  return { ...example, passages: example.passages.map(mark) };
}
