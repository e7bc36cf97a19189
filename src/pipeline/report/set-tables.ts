import type { StatisticInterval } from '../../evaluate/agreement/bootstrap-statistic.js';
import type { Quartiles } from '../../generate/describe/quartiles.js';
import type { LengthBias } from '../../generate/graded/length-bias.js';
import { formatCount, formatP, formatQuartiles, formatScore } from './format.js';
import type { ReportData } from './report-data.js';
import type { Table } from './tables.js';

const none = '–';

const scores = ({ low, median, high }: Quartiles): string =>
  `${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;

/** Passages by grade: where they are from, how long they are, how much of the query they hold. */
export function gradesTable({ set }: ReportData): Table | undefined {
  if (!set || set.grades.length === 0) return undefined;
  return {
    caption:
      'Passages by grade: counts, and the median with the middle half of words and of the share of the query’s terms held',
    columns: ['Grade', 'Passages', 'Of the collection', 'Mined', 'Written', 'Words', 'Terms held'],
    rows: set.grades.map(({ grade, passages, sources, words, overlap }) => [
      String(grade),
      formatCount(passages),
      formatCount(sources.corpus),
      formatCount(sources.mined),
      formatCount(sources.written),
      formatQuartiles(words),
      scores(overlap),
    ]),
    numbersFrom: 1,
  };
}

/** What the queries are like, and whether anything but relevance tells the grades apart. */
export function setTable({ set }: ReportData): Table | undefined {
  if (!set) return undefined;
  const types = Object.entries(set.types).map(([type, count]) => `${type} ${formatCount(count)}`);
  const rows: [string, string | undefined][] = [
    ['Queries', formatCount(set.queries)],
    ['By type', types.join(', ')],
    ['Words of a query', set.words && formatQuartiles(set.words)],
    ['Different words among all', formatScore(set.distinct.one)],
    ['Different pairs of words', formatScore(set.distinct.two)],
    ['Mean cosine distance of two queries', set.spread === undefined ? undefined : formatScore(set.spread)],
    ['Length tells grades apart, written passages', describeBias(set.lengthBias.written)],
    ['Length tells grades apart, all passages', describeBias(set.lengthBias.all)],
  ];
  return {
    caption: 'The set in figures',
    columns: ['What', 'Value'],
    rows: rows.flatMap(([name, value]) => (value ? [[name, value]] : [])),
    numbersFrom: 2,
  };
}

/** Who agrees with whom, on how many pairs. */
export function agreementTable({ agreement }: ReportData): Table | undefined {
  if (!agreement || agreement.length === 0) return undefined;
  const cell = (statistic: StatisticInterval | undefined): string => {
    if (statistic?.value === undefined) return none;
    const { value, low, high } = statistic;
    const interval =
      low === undefined || high === undefined ? '' : ` (${formatScore(low)} to ${formatScore(high)})`;
    return `${formatScore(value)}${interval}`;
  };
  return {
    caption:
      "Agreement on everything that was judged, also on what was left out of the set: kappa with quadratic weights and ordinal alpha, with 95 % intervals over queries where there are five or more. The writer's grade is the level that it was asked for. A dash: only one grade occurs",
    columns: ['Between', 'Pairs', 'Queries', 'Same grade', 'Kappa', 'Krippendorff’s alpha'],
    rows: agreement.map(({ between, pairs, queries, same, kappa, alpha }) => [
      between,
      formatCount(pairs),
      formatCount(queries),
      formatScore(same),
      cell(kappa),
      cell(alpha),
    ]),
    numbersFrom: 1,
  };
}

function describeBias({ pairs, auc, correlation, p, separates }: LengthBias): string | undefined {
  if (pairs === 0) return undefined;
  const verdict = separates === undefined ? 'too few queries to tell' : separates ? 'yes' : 'no';
  return `${verdict}: the better passage is longer in ${formatScore(auc)} of ${formatCount(pairs)} pairs (correlation ${formatScore(correlation)}, p = ${formatP(p)})`;
}
