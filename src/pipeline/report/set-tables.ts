import type { Quartiles } from '../../generate/describe/quartiles.js';
import type { LengthBias } from '../../generate/graded/length-bias.js';
import { formatCount, formatP, formatScore } from './format.js';
import type { ReportData } from './report-data.js';
import type { Table } from './tables.js';

const none = '–';

const whole = ({ low, median, high }: Quartiles): string =>
  `${Math.round(median)} (${Math.round(low)} to ${Math.round(high)})`;
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
      whole(words),
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
    ['Words of a query', set.words && whole(set.words)],
    ['Different words among all', formatScore(set.distinct.one)],
    ['Different pairs of words', formatScore(set.distinct.two)],
    ['Mean cosine distance of two queries', set.spread === undefined ? undefined : formatScore(set.spread)],
    ['Length tells grades apart, written passages', describeBias(set.lengthBias.written)],
    ['Length tells grades apart, all passages', describeBias(set.lengthBias.all)],
    ['Judge agrees with the writer’s level', set.agreement && describeAgreement(set.agreement)],
  ];
  return {
    caption: 'The set in figures',
    columns: ['What', 'Value'],
    rows: rows.flatMap(([name, value]) => (value ? [[name, value]] : [])),
    numbersFrom: 2,
  };
}

function describeBias({ pairs, auc, correlation, p, separates }: LengthBias): string | undefined {
  if (pairs === 0) return undefined;
  const verdict = separates ? 'yes' : 'no';
  return `${verdict}: the better passage is longer in ${formatScore(auc)} of ${formatCount(pairs)} pairs (correlation ${formatScore(correlation)}, p = ${formatP(p)})`;
}

const describeAgreement = ({
  passages,
  same,
  kappa,
}: NonNullable<NonNullable<ReportData['set']>['agreement']>) =>
  `${formatCount(same)} of ${formatCount(passages)} levels; quadratic kappa ${kappa === undefined ? none : formatScore(kappa)}`;
