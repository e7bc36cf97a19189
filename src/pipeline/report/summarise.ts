import {
  formatCount,
  formatDuration,
  formatInterval,
  formatMoney,
  formatP,
  formatScore,
  formatSigned,
} from './format.js';
import type { ReportData } from './report-data.js';

export interface Verdict {
  readonly kind: 'passed' | 'failed' | 'none';
  readonly text: string;
}

/** The outcome in a few words. */
export function verdictOf({ gate, rankings, dataset }: ReportData): Verdict {
  if (!gate && rankings.length === 0)
    return { kind: 'none', text: `${formatCount(dataset.trainingQueries)} training queries` };
  if (!gate) return { kind: 'none', text: 'No student was put to the gate' };
  return gate.passed
    ? { kind: 'passed', text: `Gate passed: ${gate.student} beats ${gate.baseline}` }
    : { kind: 'failed', text: `Gate not passed: ${gate.student} is not shown to beat ${gate.baseline}` };
}

/** What happened, in sentences, worked out from the numbers. */
export function summarise(data: ReportData): string[] {
  return [
    describeSet(data),
    describeTeachers(data),
    [describeGate(data), describeReason(data)].filter(Boolean).join(' '),
    describeCost(data),
    ...(data.notes ?? []),
  ].filter((sentence) => sentence !== '');
}

function describeSet({ dataset, funnel }: ReportData): string {
  const first = funnel[0];
  // What was never needed was not rejected.
  const rejected = funnel.reduce(
    (sum, stage) => sum + stage.in - stage.out - (stage.rejected['not-drawn'] ?? 0),
    0,
  );
  const asked = first ? ` Generation rejected ${formatCount(rejected)} records on the way.` : '';
  const topics = funnel.find(({ stage }) => stage === 'topics');
  const source = topics
    ? `Of ${formatCount(topics.out)} topics`
    : `From ${formatCount(dataset.passages)} passages of ${dataset.name}`;
  return `${source} came ${formatCount(dataset.trainingQueries)} training queries with ${formatCount(dataset.trainingPassages)} graded passages.${asked}`;
}

function describeTeachers({ teachers }: ReportData): string {
  if (!teachers) return '';
  const used = teachers.rows.filter(({ weight }) => weight !== undefined && weight > 0);
  const unused = teachers.rows.filter(({ kind, weight }) => kind === 'teacher' && weight === 0);
  const labels =
    used.length > 0
      ? `The labels come from ${listNames(used)}.`
      : 'No teacher and no ranking was given a weight.';
  const left = unused.length > 0 ? ` No weight went to ${listNames(unused)}, which added nothing.` : '';
  return labels + left;
}

/** What was measured on, in words. */
export function describeQueries({ measuredOn }: ReportData): string {
  const count = formatCount(measuredOn?.queries ?? 0);
  return measuredOn?.judgements === 'generated'
    ? `${count} generated queries that were held out`
    : `${count} judged queries that nothing trained on`;
}

function describeGate(data: ReportData): string {
  const { gate } = data;
  if (!gate) return '';
  const { student, baseline, measure, studentMean, baselineMeans, difference, alpha } = gate;
  const p = formatP(gate.p);
  return (
    `On ${describeQueries(data)}, ${student} differs from ${baseline}, the best untrained ranking, ` +
    `by ${formatSigned(difference.mean)} ${measure} (${formatScore(studentMean)} against ${formatScore(baselineMeans[baseline]!)}); ` +
    `95 % interval ${formatInterval(difference)}, p\u00a0${p.startsWith('<') ? p : `=\u00a0${p}`} where at most ${alpha} passes.`
  );
}

/** The verdict's reason as a sentence of its own: it may be that there are too few queries for any verdict. */
function describeReason({ gate }: ReportData): string {
  if (!gate) return '';
  const { reason } = gate;
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}${reason.endsWith('.') ? '' : '.'}`;
}

function describeCost({ costs }: ReportData): string {
  if (costs.length === 0) return '';
  const seconds = costs.reduce((sum, cost) => sum + cost.seconds, 0);
  const calls = costs.reduce((sum, cost) => sum + cost.usage.calls - cost.usage.cachedCalls, 0);
  const usd = costs.reduce((sum, cost) => sum + cost.usage.usd, 0);
  return `It took ${formatDuration(seconds)}, ${formatCount(calls)} model calls and ${formatMoney(usd)}.`;
}

function listNames(rows: readonly { readonly name: string }[]): string {
  const names = rows.map(({ name }) => name);
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
