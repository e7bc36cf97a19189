import { fewestGroups, type StatisticInterval } from '../../../evaluate/agreement/bootstrap-statistic.js';
import type { Agreement } from '../../../evaluate/agreement/compare-judgements.js';
import type { Estimate } from '../../../evaluate/design-based/sampled-unit.js';
import type { GradeError } from '../../../generate/judge/calibrate-judge.js';
import { textTable } from '../text-table.js';
import type { DesignReport } from './design-report.js';

export interface JudgeResult {
  readonly out: string;
  readonly judgements: string;
  readonly members: readonly string[];
  readonly pairs: number;
  readonly judged: number;
  /** Pairs without grade, by reason. */
  readonly unknown: Readonly<Record<string, number>>;
  /** Pairs by grade, 0 to 3. */
  readonly grades: readonly number[];
  readonly agreement?: Agreement;
  /** With the file that it was written to, where one was asked for. */
  readonly calibration?: { readonly before: GradeError; readonly after: GradeError; readonly file?: string };
  readonly design?: DesignReport;
  readonly seconds: number;
}

const fixed = (value: number | undefined): string =>
  value === undefined ? '–' : `${value < 0 ? '−' : ''}${Math.abs(value).toFixed(3)}`;

/** What `judge` prints for people. */
export function judgeSummary(result: JudgeResult): string {
  const { judged, pairs, grades, unknown, out, seconds, agreement, calibration, design } = result;
  const reasons = Object.entries(unknown).map(([reason, count]) => `${reason} ${count}`);
  const parts = [
    `${judged} of ${pairs} pairs judged in ${seconds.toFixed(1)} s (grades ${grades
      .map((count, grade) => `${grade}: ${count}`)
      .join(', ')}${reasons.length > 0 ? `; unknown: ${reasons.join(', ')}` : ''}): ${out}\n`,
  ];
  if (agreement) parts.push(agreementText(agreement));
  if (calibration) {
    const { before, after, file } = calibration;
    parts.push(
      `expected grades are off by ${fixed(before.error)} (bias ${fixed(before.bias)}), calibrated on other queries by ${fixed(after.error)} (bias ${fixed(after.bias)})${file === undefined ? '' : `: ${file}`}\n`,
    );
  }
  if (design) parts.push(designText(design));
  return parts.join('\n');
}

function agreementText(agreement: Agreement): string {
  const { confusion, same, withinOne, bias, pairs, queries, relevantFrom } = agreement;
  const interval = (name: string, { value, low, high }: StatisticInterval) => [
    name,
    fixed(value),
    queries < fewestGroups ? 'too few queries for an interval' : `${fixed(low)} to ${fixed(high)}`,
  ];
  return [
    `with people on ${pairs} pairs of ${queries} queries: same grade ${fixed(same)}, within one ${fixed(withinOne)}, bias ${fixed(bias)}\n`,
    textTable(
      ['agreement', 'value', '95 % interval'],
      [
        interval('kappa', agreement.kappa),
        interval('quadratic kappa', agreement.quadraticKappa),
        interval("Krippendorff's alpha, ordinal", agreement.ordinalAlpha),
        interval(`kappa, relevant from ${relevantFrom}`, agreement.binaryKappa),
      ],
    ),
    '\n',
    textTable(
      ['judge \\ people', ...confusion.categories.map(String)],
      confusion.counts.map((row, index) => [`${confusion.categories[index]}`, ...row.map(String)]),
    ),
  ].join('');
}

function designText({ sample, by, drawn, of, estimates }: DesignReport): string {
  const what = `${drawn} of ${of} ${by === 'pair' ? 'pairs' : 'queries'} are drawn for people: ${sample}\n`;
  if (!estimates || estimates.length === 0) return what;
  const cell = ({ value, low, high }: Estimate) => `${fixed(value)} (${fixed(low)} to ${fixed(high)})`;
  return `${what}\n${textTable(
    ['95 % intervals', 'judge alone', 'corrected', 'sample alone'],
    estimates.map((row) => [row.what, cell(row.naive), cell(row.corrected), cell(row.sampleOnly)]),
  )}`;
}
