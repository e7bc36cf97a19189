import type { Quartiles } from '../../generate/describe/quartiles.js';
import type { QueryTypeName } from '../../generate/queries/query-types.js';
import type { LengthTarget } from '../../generate/sample/profile-query-log.js';
import { formatScore } from './format.js';
import type { ReportData } from './report-data.js';
import type { Table } from './tables.js';

// The set beside what it was to be like.

const none = '–';

/** Words of a query by type, where a log was followed: the log's beside the set's. */
export function lengthsTable({ log, set }: ReportData): Table | undefined {
  if (!log || !set) return undefined;
  const share = (value: number | undefined): string => (value === undefined ? none : formatScore(value));
  const inLog = (target: LengthTarget | undefined): string =>
    target ? middleHalf(target.quarter, target.median, target.threeQuarters) : none;
  const inSet = (words: Quartiles | undefined): string =>
    words ? middleHalf(words.low, words.median, words.high) : none;
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

const middleHalf = (low: number, median: number, high: number): string =>
  `${Math.round(median)} (${Math.round(low)} to ${Math.round(high)})`;
