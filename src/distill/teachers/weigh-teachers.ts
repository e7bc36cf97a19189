import { makeFolds } from '../../core/folds.js';
import { randomStream } from '../../core/random.js';
import type { Qrels } from '../../core/run.js';
import { logSumExp, mean } from '../../core/vectors.js';
import { meanAndError } from './measure-teachers.js';

export interface WeighOptions {
  /** By teacher, the z-scores of every query's candidates, as `teacherScores` gives them. */
  readonly teachers: Readonly<Record<string, ReadonlyMap<string, readonly number[]>>>;
  /** By query id, the ids that the z-scores are of. */
  readonly candidates: ReadonlyMap<string, readonly string[]>;
  /** Of queries that nothing else is measured on afterwards. @default none: all teachers are to count alike */
  readonly qrels?: Qrels;
  readonly seed: number;
  /** How strongly weights are held to each other. @default 0.1 */
  readonly ridge?: number;
}

export interface TeacherWeights {
  /** By teacher, 0 or more, 1 on average. */
  readonly weights: Readonly<Record<string, number>>;
  /** Judged queries with relevant and other candidates. */
  readonly queries: number;
  /** Whether the weights were fitted; else all are 1. */
  readonly fitted: boolean;
  /** In words, for the card. */
  readonly reason: string;
}

/** Below this a weight would be the word of single queries. */
const fewestQueries = 8;

/**
 * How much each of several teachers counts, by its agreement with judgements: the weights under whose sum the softmax
 * over a query's candidates gives the relevant ones the most probability,
 * min_{w ≥ 0} 1/n Σ_queries − Σ_i p_i ln softmax(Σ_k w_k z_k)_i + ridge/2 Σ_k (w_k − w̄)²,  p_i = grade_i / Σ grades,
 * w̄ the one weight that fits best when all teachers share it. Convex; cyclic coordinate descent with Newton steps. The
 * fit is kept where it makes queries that it was not fitted on more probable by more than one standard error; else, and
 * with fewer than 8 judged queries, all teachers count alike.
 */
export function weighTeachers({ ridge = 0.1, seed, ...data }: WeighOptions): TeacherWeights {
  const names = Object.keys(data.teachers);
  const { qrels } = data;
  const lists = qrels ? judgedLists({ ...data, qrels }, names) : [];
  const equal = (reason: string): TeacherWeights => ({
    weights: Object.fromEntries(names.map((name) => [name, 1])),
    queries: lists.length,
    fitted: false,
    reason: `equal weights: ${reason}`,
  });
  if (names.length < 2) return equal('there is one teacher');
  if (!qrels) return equal('that is the setting');
  if (lists.length < fewestQueries) return equal(`${lists.length} judged queries are too few to fit them`);
  const gains: number[] = [];
  for (const held of makeFolds(lists.length, Math.min(10, lists.length), randomStream(seed, 'weigh-folds'))) {
    const kept = lists.filter((_, i) => !held.has(i));
    const shared = fitShared(kept, names.length);
    const own = fitWeights(kept, shared, ridge);
    for (const i of held) gains.push(lossOf(lists[i]!, shared) - lossOf(lists[i]!, own));
  }
  const gain = meanAndError(gains);
  if (!(gain.mean > gain.error)) return equal('judged queries show no teacher clearly better');
  const fitted = fitWeights(lists, fitShared(lists, names.length), ridge);
  const centre = mean(fitted);
  if (centre < 1e-3) return equal('no teacher agrees with the judgements');
  return {
    weights: Object.fromEntries(names.map((name, k) => [name, fitted[k]! / centre])),
    queries: lists.length,
    fitted: true,
    reason: `weights fitted on ${lists.length} judged queries that the gate does not use`,
  };
}

interface JudgedList {
  /** teachers × candidates. */
  readonly parts: readonly (readonly number[])[];
  /** Sums to 1. */
  readonly target: readonly number[];
}

function judgedLists(
  { teachers, candidates, qrels }: Required<Pick<WeighOptions, 'teachers' | 'candidates' | 'qrels'>>,
  names: readonly string[],
): JudgedList[] {
  return [...candidates].flatMap(([queryId, ids]) => {
    const grades = ids.map((id) => Math.max(0, qrels.get(queryId)?.get(id) ?? 0));
    const total = grades.reduce((sum, grade) => sum + grade, 0);
    if (total === 0 || grades.every((grade) => grade === grades[0])) return [];
    const parts = names.map((name) => teachers[name]!.get(queryId)!);
    return [{ parts, target: grades.map((grade) => grade / total) }];
  });
}

const scoresOf = ({ parts }: JudgedList, weights: readonly number[]): number[] =>
  parts[0]!.map((_, i) => weights.reduce((sum, weight, k) => sum + weight * parts[k]![i]!, 0));

function lossOf(list: JudgedList, weights: readonly number[]): number {
  const scores = scoresOf(list, weights);
  return logSumExp(scores) - scores.reduce((sum, score, i) => sum + score * list.target[i]!, 0);
}

/** The one weight that all teachers share: the loss is convex along it. */
function fitShared(lists: readonly JudgedList[], teachers: number): number[] {
  const at = (weight: number): number =>
    lists.reduce((sum, list) => sum + lossOf(list, new Array<number>(teachers).fill(weight)), 0);
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [1e-3, 5];
  while (high - low > 1e-3) {
    const [a, b] = [high - golden * (high - low), low + golden * (high - low)];
    if (at(a) < at(b)) high = b;
    else low = a;
  }
  return new Array<number>(teachers).fill((low + high) / 2);
}

function fitWeights(lists: readonly JudgedList[], shared: readonly number[], ridge: number): number[] {
  const weights = [...shared];
  for (let round = 0; round < 100; round++) {
    let moved = 0;
    for (const [k, centre] of shared.entries()) {
      let [slope, curvature] = [ridge * (weights[k]! - centre), ridge];
      for (const list of lists) {
        const scores = scoresOf(list, weights);
        const total = logSumExp(scores);
        let [first, second, wanted] = [0, 0, 0];
        for (const [i, z] of list.parts[k]!.entries()) {
          const q = Math.exp(scores[i]! - total);
          first += q * z;
          second += q * z * z;
          wanted += list.target[i]! * z;
        }
        slope += (first - wanted) / lists.length;
        curvature += (second - first * first) / lists.length;
      }
      // Half a deviation at most a step: far from the minimum the curvature says little.
      const next = Math.max(0, weights[k]! - Math.max(-0.5, Math.min(0.5, slope / curvature)));
      moved = Math.max(moved, Math.abs(next - weights[k]!));
      weights[k] = next;
    }
    if (moved < 1e-5) break;
  }
  return weights;
}
