import type { Quartiles } from '../../generate/describe/quartiles.js';
import type { QueryTypeName } from '../../generate/queries/query-types.js';
import type { LengthTarget } from '../../generate/sample/profile-query-log.js';
import type { SelectionComparison } from '../../generate/select/compare-selection.js';
import type { SelectionFigures } from '../../generate/select/describe-selection.js';
import { formatCount, formatQuartiles, formatScore, formatSigned } from './format.js';
import type { ReportData } from './report-data.js';
import type { Table } from './tables.js';

// The set beside what it was to be like.

const none = '–';

/** Words of a query by type, where a log was followed: the log's beside the set's. */
export function lengthsTable({ log, set }: ReportData): Table | undefined {
  if (!log || !set) return undefined;
  const share = (value: number | undefined): string => (value === undefined ? none : formatScore(value));
  const inLog = (target: LengthTarget | undefined): string =>
    target
      ? formatQuartiles({ low: target.quarter, median: target.median, high: target.threeQuarters })
      : none;
  const inSet = (words: Quartiles | undefined): string => (words ? formatQuartiles(words) : none);
  const types = new Set([...Object.keys(log.types), ...Object.keys(set.types)]) as Set<QueryTypeName>;
  return {
    caption:
      'Words of a query, in the log and in the set: the median with the middle half. A type that is rare in the log is asked for at lengths of the whole log',
    columns: ['Type', 'Share of the log', 'Words in the log', 'Share of the set', 'Words in the set'],
    rows: [
      ...[...types].map((type) => [
        type,
        share(log.types[type]),
        inLog(log.lengths[type]),
        share(set.types[type] && set.types[type] / set.queries),
        inSet(set.wordsByType[type]),
      ]),
      ['all', share(1), inLog(log.length), share(1), inSet(set.words)],
    ],
    numbersFrom: 1,
  };
}

/** How hard queries are that one difficulty was asked for, and whether asking changed anything. */
export function difficultyTable({ difficulty }: ReportData): Table | undefined {
  if (!difficulty || difficulty.rows.length === 0) return undefined;
  const { rows, overlapTau, rankTau } = difficulty;
  const score = (value: number | undefined): string => (value === undefined ? none : formatScore(value));
  const tau = (value: number | undefined): string => (value === undefined ? none : formatSigned(value));
  const rank = (value: number | undefined): string =>
    value === undefined ? none : value === Number.MAX_SAFE_INTEGER ? 'not found' : formatCount(value);
  const told = overlapTau !== undefined || rankTau !== undefined;
  return {
    caption: `How hard queries are for the first stage, by the difficulty asked for: the mean share of their terms that the source holds, and the source’s rank${told ? '. The last row is Kendall’s tau of what was asked with both: negative with terms and positive with ranks where the writer obeys' : ''}`,
    columns: [
      'Asked for',
      'Queries',
      'Terms held',
      'Median rank',
      'Mean 1 / rank',
      'Ranked first',
      'Not found',
    ],
    rows: [
      ...rows.map((row) => [
        row.asked,
        formatCount(row.queries),
        formatScore(row.meanOverlap),
        rank(row.medianRank),
        score(row.meanReciprocalRank),
        score(row.first),
        score(row.notFound),
      ]),
      ...(told ? [['tau', none, tau(overlapTau), tau(rankTau), none, none, none]] : []),
    ],
    numbersFrom: 1,
  };
}

const figures: readonly [
  name: string,
  figure: keyof SelectionComparison['randomDeviation'],
  of: (figures: SelectionFigures) => number | undefined,
][] = [
  ['Coverage radius', 'coverageRadius', (one) => one.coverageRadius],
  ['Mean distance to the nearest selected', 'meanDistanceToSelected', (one) => one.meanDistanceToSelected],
  ['Mean distance of two selected', 'meanPairDistance', (one) => one.meanPairDistance],
  ['Mean difficulty', 'meanDifficulty', (one) => one.difficulty?.mean],
];

/** The selection beside random ones: what lies within two deviations made no difference. */
export function selectionTable({ selection }: ReportData): Table | undefined {
  if (!selection) return undefined;
  const { selected, random, randomDeviation, seeds } = selection;
  const rows = figures.flatMap(([name, figure, of]) => {
    const [ours, theirs, deviation] = [of(selected), of(random), randomDeviation[figure]];
    return ours === undefined || theirs === undefined || deviation === undefined
      ? []
      : [[name, formatScore(ours), formatScore(theirs), formatScore(deviation)]];
  });
  if (rows.length === 0) return undefined;
  return {
    caption: `The ${formatCount(selected.count)} selected examples beside ${formatCount(seeds)} random selections of as many: what lies within two deviations made no difference that counts. Distances are of embeddings`,
    columns: ['Figure', 'Selected', 'Random, mean', 'Random, deviation'],
    rows,
    numbersFrom: 1,
  };
}
