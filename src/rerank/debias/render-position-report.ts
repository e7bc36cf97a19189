import type { PositionReport } from './position-report.js';

/** A position report in words, with a table of the positions: plain text, a newline at its end. */
export function renderPositionReport(report: PositionReport): string {
  const { comparator, queries, window, showings, variance, withShownOrder, betweenShowings } = report;
  const rows = report.positions.map(({ score, contentFree, first }, position) => [
    String(position + 1),
    signed(score),
    contentFree === undefined ? '' : signed(contentFree),
    percent(first),
  ]);
  return [
    `${comparator}: ${queries} queries, ${window} passages in ${showings} random orders each`,
    '',
    `Position alone explains ${percent(variance.position)} of the scores' variance, the passage ${percent(variance.passage)}, neither ${percent(variance.rest)}.`,
    `Its order agrees with the order shown by a tau of ${signed(withShownOrder)} (0: not swayed; 1: repeats it).`,
    `Its orders of the same passages agree with each other by a tau of ${signed(betweenShowings)} (1: reads them; 0: guesses).`,
    '',
    ...table([['position', 'score', 'content-free', 'ranked first'], ...rows]),
    '',
  ].join('\n');
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column]!)).join('  '));
}
