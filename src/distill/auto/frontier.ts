import { allStudentKinds } from '../student-kinds.js';
import { meanAndError } from '../teachers/measure-teachers.js';

/** A student by what it is worth and what it costs. */
export interface StudentPoint {
  /** Its kind. */
  readonly name: string;
  /** Of `measure`, on queries that it did not learn from. */
  readonly quality: { readonly mean: number; readonly low?: number; readonly high?: number };
  /** nDCG@10 against the labels on held-out training queries: what students are chosen by. */
  readonly heldOut: number;
  /** For 100 candidates, features included. */
  readonly milliseconds: number;
  /** 95th percentile of the same. @default the median */
  readonly p95?: number;
  /** Whether it passed its gate; absent where there was none. */
  readonly passed?: boolean;
}

/** What `frontier.json` and the reports hold, as plain JSON. */
export interface Frontier {
  /** What quality is, in words. */
  readonly measure: string;
  /** Fastest first. */
  readonly points: readonly (StudentPoint & { readonly onFrontier: boolean; readonly chosen: boolean })[];
  /** Kinds that were not finished, and why. */
  readonly unfinished: readonly { readonly name: string; readonly why: string }[];
  /** For comparison, where quality is measured on judged queries. */
  readonly untrained?: { readonly name: string; readonly mean: number };
  readonly teacher?: { readonly name: string; readonly mean: number };
  /** What 100 candidates may take, where that was said. */
  readonly budgetMs?: number;
  /** Why the chosen one was chosen, or none was. */
  readonly reason: string;
}

/**
 * The students that no other one beats in both quality and time: whatever else is weighed, the best one is among these.
 * @returns aligned with the points
 */
export function onFrontier(points: readonly Pick<StudentPoint, 'quality' | 'milliseconds'>[]): boolean[] {
  return points.map((one, index) =>
    points.every((other, place) => {
      const asGood = other.quality.mean >= one.quality.mean && other.milliseconds <= one.milliseconds;
      const better = other.quality.mean > one.quality.mean || other.milliseconds < one.milliseconds;
      // The first of equals stands for all of them.
      return !(asGood && (better || place < index));
    }),
  );
}

export interface Choice {
  /** Index of the point; absent where none is fast enough. */
  readonly index?: number;
  readonly reason: string;
}

export interface ChooseOptions {
  /** Milliseconds that 100 candidates may take. @default any */
  readonly budgetMs?: number;
  /** Of each point, nDCG@10 against the labels by held-out query: what tells a difference from chance. */
  readonly heldOut?: readonly ReadonlyMap<string, number>[];
}

/**
 * Of the students fast enough, by the 95th percentile, those that passed their gate, else all; of these the simplest that is no
 * more than one standard error of the paired difference below the best on held-out training queries: among several one is always
 * best by chance. Without `heldOut` the best. The gate's own figures choose nothing among those that passed it: the best of
 * several is flattered by them.
 * @see Breiman, Friedman, Olshen & Stone 1984, Classification and Regression Trees, section 3.4.3 (the one-standard-error rule)
 */
export function chooseStudent(
  points: readonly StudentPoint[],
  { budgetMs = Number.POSITIVE_INFINITY, heldOut }: ChooseOptions = {},
): Choice {
  const time = (point: StudentPoint): number => point.p95 ?? point.milliseconds;
  const all = [...points.keys()];
  const fast = all.filter((index) => time(points[index]!) <= budgetMs);
  if (fast.length === 0) {
    const fastest = points.reduce<StudentPoint | undefined>(
      (least, one) => (least && time(least) <= time(one) ? least : one),
      undefined,
    );
    return {
      reason: fastest
        ? `no student ranks 100 candidates within ${budgetMs} ms: the fastest, ${fastest.name}, takes ${time(fastest).toFixed(2)} ms at the 95th percentile`
        : 'no student was finished',
    };
  }
  const passed = fast.filter((index) => points[index]!.passed === true);
  const from = passed.length > 0 ? passed : fast;
  const best = from.reduce((top, index) => {
    const [a, b] = [points[index]!, points[top]!];
    return a.heldOut > b.heldOut + 1e-9 ||
      (Math.abs(a.heldOut - b.heldOut) <= 1e-9 && a.milliseconds < b.milliseconds)
      ? index
      : top;
  });
  const within = budgetMs < Number.POSITIVE_INFINITY ? ` within ${budgetMs} ms for 100 candidates` : '';
  const gated = points.some((point) => point.passed !== undefined);
  const among =
    passed.length > 0
      ? `of ${count(passed.length, 'student')} that passed the gate`
      : `of ${count(fast.length, 'student')}${gated ? ', none of which passed the gate' : ''}`;
  const even = heldOut
    ? from.filter((index) => index === best || withinOneError(heldOut[best]!, heldOut[index]!))
    : [best];
  const index = even.reduce((top, one) => (simplicity(points[one]!) < simplicity(points[top]!) ? one : top));
  const { name } = points[index]!;
  return {
    index,
    reason:
      index === best
        ? `${name} is the best on held-out training queries ${among}${within}`
        : `${name} is the simplest ${among}${within} that is within one standard error of the best on held-out training queries, ${points[best]!.name}`,
  };
}

/** Whether the second is worse by no more than the standard error of the difference, over the queries that both have. */
function withinOneError(best: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): boolean {
  const differences = [...best].flatMap(([id, value]) => {
    const own = other.get(id);
    return own === undefined ? [] : [value - own];
  });
  if (differences.length < 2) return false;
  const { mean: lead, error } = meanAndError(differences);
  return lead <= error + 1e-9;
}

/** Place among the kinds, the simplest first; what is no kind comes last. */
function simplicity({ name }: StudentPoint): number {
  const place = (allStudentKinds as readonly string[]).indexOf(name);
  return place < 0 ? allStudentKinds.length : place;
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

export interface FrontierFacts extends Omit<Frontier, 'points' | 'reason'> {
  /** Where it was made before, for instance before anything judged was measured. @default by the points */
  readonly choice?: Choice;
}

/** Points, the frontier among them and the choice together. */
export function makeFrontier(
  points: readonly StudentPoint[],
  { budgetMs, choice, ...rest }: FrontierFacts,
): Frontier {
  const { index: chosen, reason } = choice ?? chooseStudent(points, { budgetMs });
  const front = onFrontier(points);
  return {
    ...rest,
    ...(budgetMs === undefined ? {} : { budgetMs }),
    points: points
      .map((point, index) => ({ ...point, onFrontier: front[index]!, chosen: index === chosen }))
      .sort((a, b) => a.milliseconds - b.milliseconds),
    reason,
  };
}
