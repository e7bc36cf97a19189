import { kendallTau } from '../../core/kendall-tau.js';
import type { Query } from '../../core/query.js';
import { mean } from '../../core/vectors.js';
import { createAnalyser } from '../../retrieval/analyser.js';
import { type Difficulty, difficulties } from './voice.js';

/** How hard a query turned out to be: goes into its metadata as `difficulty`. */
export interface MeasuredDifficulty {
  /** What was asked for, where something was. */
  readonly asked?: Difficulty;
  /** Of its source in the first stage, from 1; null where it is not among the first `depth`; absent where nothing was searched. */
  readonly sourceRank?: number | null;
  /** Ranks looked at. */
  readonly depth?: number;
  /** Share of the query's terms (stems, stop words left out) that its source holds, 0 to 1. */
  readonly overlap: number;
}

let analyse: ReturnType<typeof createAnalyser> | undefined;

/** Share of a query's different terms that a text holds, 0 to 1; 0 for a query without terms. */
export function lexicalOverlap(query: string, text: string): number {
  analyse ??= createAnalyser('english');
  const terms = new Set(analyse(query));
  if (terms.size === 0) return 0;
  const held = new Set(analyse(text));
  return [...terms].filter((term) => held.has(term)).length / terms.size;
}

/** What was measured of the queries that one difficulty was asked for. */
export interface DifficultyRow {
  readonly asked: Difficulty | 'nothing';
  readonly queries: number;
  readonly meanOverlap: number;
  /** Of those that were searched for: mean of 1 / rank, 0 where the source was not found. */
  readonly meanReciprocalRank?: number;
  /** Number.MAX_SAFE_INTEGER where half of them were not found. */
  readonly medianRank?: number;
  /** Share whose source comes first. */
  readonly first?: number;
  /** Share whose source is not among the ranks looked at. */
  readonly notFound?: number;
}

export interface DifficultyReport {
  /** In the order easy, medium, hard, nothing; those with no query left out. */
  readonly rows: readonly DifficultyRow[];
  /**
   * Whether asking changed anything: the rank correlation (Kendall's tau-b, −1 to 1) of what was asked with the overlap, and with
   * the source's rank. A writer that does as it is told has a negative one and a positive one; 0 where only one level was asked for.
   */
  readonly overlapTau?: number;
  readonly rankTau?: number;
}

const levels = Object.keys(difficulties) as Difficulty[];

/** Compares the difficulty that was asked for with the one that was measured. Queries that carry no measurement are left out. */
export function difficultyReport(queries: Iterable<Query>): DifficultyReport {
  const measured = [...queries].flatMap(({ metadata }) => {
    const difficulty = metadata?.difficulty as MeasuredDifficulty | undefined;
    return typeof difficulty?.overlap === 'number' ? [difficulty] : [];
  });
  const rows = [...levels, 'nothing' as const].flatMap((asked) => {
    const own = measured.filter((one) => (one.asked ?? 'nothing') === asked);
    return own.length > 0 ? [rowOf(asked, own)] : [];
  });
  const told = measured.flatMap(({ asked, ...rest }) =>
    asked === undefined ? [] : [{ level: levels.indexOf(asked), ...rest }],
  );
  const searched = told.filter(({ sourceRank }) => sourceRank !== undefined);
  return {
    rows,
    ...(told.length > 1 && { overlapTau: tau(told, ({ overlap }) => overlap) }),
    ...(searched.length > 1 && { rankTau: tau(searched, ({ sourceRank }) => sourceRank ?? notFound) }),
  };
}

// Behind every rank; finite, as differences of it are taken.
const notFound = Number.MAX_SAFE_INTEGER;

const tau = <T extends { readonly level: number }>(told: readonly T[], value: (one: T) => number): number =>
  kendallTau(
    told.map(({ level }) => level),
    told.map(value),
  );

function rowOf(asked: DifficultyRow['asked'], own: readonly MeasuredDifficulty[]): DifficultyRow {
  const ranks = own.flatMap(({ sourceRank }) => (sourceRank === undefined ? [] : [sourceRank ?? notFound]));
  const row = { asked, queries: own.length, meanOverlap: mean(own.map(({ overlap }) => overlap)) };
  if (ranks.length === 0) return row;
  const share = (holds: (rank: number) => boolean): number => ranks.filter(holds).length / ranks.length;
  return {
    ...row,
    meanReciprocalRank: mean(ranks.map((rank) => (rank === notFound ? 0 : 1 / rank))),
    medianRank: ranks.toSorted((a, b) => a - b)[Math.floor((ranks.length - 1) / 2)]!,
    first: share((rank) => rank === 1),
    notFound: share((rank) => rank === notFound),
  };
}
