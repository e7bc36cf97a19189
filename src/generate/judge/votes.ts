import type { Grade } from '../../core/judgement.js';
import { grades } from '../../core/judgement.js';

/** What one member of a panel said. */
export interface Vote {
  readonly judge: string;
  readonly grade: Grade | undefined;
  /** 0 to 1. */
  readonly score: number | undefined;
  readonly reason?: string;
  readonly explanation?: string;
}

/** How far the members that gave a grade were apart; 0 in both where they agree, or where there is one. */
export interface Disagreement {
  /** Highest grade minus lowest, 0 to 3. */
  readonly range: number;
  /** Population standard deviation of the expected grades. */
  readonly deviation: number;
}

export const aggregations = ['mean', 'median', 'majority'] as const;
export type Aggregation = (typeof aggregations)[number];

export const tieRules = ['nearest', 'lower', 'higher', 'unknown'] as const;
/** Which of several grades with equally many votes: the one `nearest` to the mean expected grade (then the lower), the `lower`, the `higher`, or none. */
export type TieRule = (typeof tieRules)[number];

export interface AggregateOptions {
  /** `mean` and `median` of the expected grades, rounded; `majority` of the grades. @default 'mean' */
  readonly aggregate?: Aggregation;
  /** Of a majority vote, and which of the two middle ones a median of an even number takes (`nearest`: half-way). @default 'nearest' */
  readonly ties?: TieRule;
  /** One a vote, not negative; for instance each member's agreement with people. @default all equal */
  readonly weights?: readonly number[];
  /** Least share of the weights that must have given a grade, 0 to 1; with less the grade is unknown. @default 0.5 */
  readonly quorum?: number;
}

export interface Aggregated {
  readonly grade: Grade | undefined;
  readonly score: number | undefined;
  readonly reason?: string;
  readonly disagreement: Disagreement;
}

interface Counted {
  readonly grade: Grade;
  /** Expected grade, 0 to 3. */
  readonly expected: number;
  readonly weight: number;
}

/** One grade of several votes. Members without a grade do not vote; where too few did, the grade is unknown. */
export function aggregateVotes(
  votes: readonly Pick<Vote, 'grade' | 'score'>[],
  { aggregate = 'mean', ties = 'nearest', weights, quorum = 0.5 }: AggregateOptions = {},
): Aggregated {
  const weightOf = (index: number) => weights?.[index] ?? 1;
  const counted: Counted[] = votes.flatMap(({ grade, score }, index) =>
    grade === undefined || score === undefined || !(weightOf(index) > 0)
      ? []
      : [{ grade, expected: score * 3, weight: weightOf(index) }],
  );
  const disagreement = disagreementOf(counted);
  const whole = votes.reduce((sum, _, index) => sum + Math.max(0, weightOf(index)), 0);
  const present = counted.reduce((sum, { weight }) => sum + weight, 0);
  if (counted.length === 0 || present < quorum * whole - 1e-12)
    return { grade: undefined, score: undefined, reason: 'no-quorum', disagreement };
  const mean = weightedMean(counted);
  if (aggregate === 'majority') {
    const grade = majority(counted, ties, mean);
    if (grade === undefined) return { grade, score: undefined, reason: 'tied', disagreement };
    return { grade, score: mean / 3, disagreement };
  }
  const centre = aggregate === 'mean' ? mean : weightedMedian(counted, ties);
  if (centre === undefined) return { grade: undefined, score: undefined, reason: 'tied', disagreement };
  // A mean of equal parts may miss the half by its last bit.
  const grade = grades[Math.min(3, Math.max(0, Math.floor(centre + 0.5 + 1e-9)))]!;
  return { grade, score: Math.min(1, Math.max(0, centre / 3)), disagreement };
}

const weightedMean = (counted: readonly Counted[]): number =>
  counted.reduce((sum, { expected, weight }) => sum + expected * weight, 0) /
  counted.reduce((sum, { weight }) => sum + weight, 0);

/** The value up to which half of the weight lies; between two where the half falls between them, by the tie rule. */
function weightedMedian(counted: readonly Counted[], ties: TieRule): number | undefined {
  const sorted = [...counted].sort((a, b) => a.expected - b.expected);
  const half = sorted.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let below = 0;
  for (const [index, { expected, weight }] of sorted.entries()) {
    below += weight;
    if (below < half - 1e-12) continue;
    const next = sorted[index + 1]?.expected;
    if (below > half + 1e-12 || next === undefined || next === expected) return expected;
    return { nearest: (expected + next) / 2, lower: expected, higher: next, unknown: undefined }[ties];
  }
  return sorted.at(-1)?.expected;
}

function majority(counted: readonly Counted[], ties: TieRule, mean: number): Grade | undefined {
  const tally = grades.map((grade) =>
    counted.reduce((sum, vote) => sum + (vote.grade === grade ? vote.weight : 0), 0),
  );
  const most = Math.max(...tally);
  const tied = grades.filter((grade) => tally[grade]! >= most - 1e-12);
  if (tied.length === 1 || ties === 'lower') return tied[0];
  if (ties === 'higher') return tied.at(-1);
  if (ties === 'unknown') return undefined;
  return tied.reduce((best, grade) => (Math.abs(grade - mean) < Math.abs(best - mean) - 1e-9 ? grade : best));
}

function disagreementOf(counted: readonly Counted[]): Disagreement {
  if (counted.length < 2) return { range: 0, deviation: 0 };
  const given = counted.map(({ grade }) => grade);
  const mean = counted.reduce((sum, { expected }) => sum + expected, 0) / counted.length;
  const square = counted.reduce((sum, { expected }) => sum + (expected - mean) ** 2, 0) / counted.length;
  return { range: Math.max(...given) - Math.min(...given), deviation: Math.sqrt(square) };
}
