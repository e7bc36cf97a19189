import {
  formatCount,
  formatDuration,
  formatInterval,
  formatMoney,
  formatP,
  formatScore,
  formatSigned,
} from './format.js';
import type { ReportData, StageCost } from './report-data.js';
import { describeQueries } from './summarise.js';

/** A table as texts. */
export interface Table {
  readonly caption: string;
  readonly columns: readonly string[];
  /** The first cell of a row names it. */
  readonly rows: readonly (readonly string[])[];
  /** Columns from this one on hold numbers. */
  readonly numbersFrom: number;
}

const none = '–';

export function gateTable({ gate }: ReportData): Table | undefined {
  if (!gate) return undefined;
  const rows = [
    ['Outcome', gate.passed ? 'passed' : 'not passed'],
    ['Student', gate.student],
    ['Best untrained ranking', gate.baseline],
    ['Measure', gate.measure],
    ['Difference', formatSigned(gate.difference.mean)],
    ['95 % interval of the difference', formatInterval(gate.difference)],
    ['p, paired randomisation test', formatP(gate.p)],
    ['Largest p that passes', String(gate.alpha)],
    ['Queries', formatCount(gate.queries)],
    ...(gate.together ? [['p among all students tried', formatP(gate.together.p)]] : []),
    ['Why', gate.reason],
    ...(gate.notes ?? []).map((note) => ['Note', note]),
  ];
  return {
    caption: 'The student against the best untrained ranking',
    columns: ['What', 'Value'],
    rows,
    numbersFrom: 2,
  };
}

/** The student beside its teachers, and on subjects that it was not trained on. */
export function gateComparisonsTable({ gate }: ReportData): Table | undefined {
  const { teachers = [], extrapolation, measure, student, baseline } = gate ?? {};
  if (teachers.length === 0 && !extrapolation) return undefined;
  const row = (
    name: string,
    values: {
      mean: number;
      difference: { mean: number; low: number; high: number };
      p: number;
      queries: number;
    },
  ): string[] => [
    name,
    formatCount(values.queries),
    formatScore(values.mean),
    formatSigned(values.difference.mean),
    formatInterval(values.difference),
    formatP(values.p),
  ];
  return {
    caption: `${student} beside its teacher and on subjects unseen in training`,
    columns: ['Compared', 'Queries', measure ?? '', 'Difference', '95 % interval', 'p'],
    rows: [
      ...teachers.map(({ name, kept, studentMean, ...rest }) =>
        row(
          `in domain, less ${name}${kept === undefined ? '' : ` (${Math.round(100 * kept)} % of its gain kept)`}`,
          { ...rest, mean: studentMean },
        ),
      ),
      ...(extrapolation
        ? [
            row(`unseen subjects, less ${baseline}`, extrapolation),
            row('unseen subjects, less in domain', {
              ...extrapolation,
              difference: extrapolation.change,
              p: extrapolation.changeP,
            }),
          ]
        : []),
    ],
    numbersFrom: 1,
  };
}

/** Every measure that a ranking has, in order. */
export function measureNames({ rankings }: ReportData): string[] {
  return [...new Set(rankings.flatMap(({ measures }) => Object.keys(measures)))];
}

export function rankingsTable(data: ReportData): Table | undefined {
  if (data.rankings.length === 0) return undefined;
  const names = measureNames(data);
  return {
    caption: `Measures over ${describeQueries(data)}, with 95 % bootstrap intervals`,
    columns: ['Ranking', 'Kind', ...names],
    rows: data.rankings.map(({ name, kind, measures }) => [
      name,
      kind,
      ...names.map((measure) => {
        const interval = measures[measure];
        if (!interval) return none;
        return `${formatScore(interval.mean)} [${formatScore(interval.low)}, ${formatScore(interval.high)}]`;
      }),
    ]),
    numbersFrom: 2,
  };
}

export function comparisonsTable({ comparisons }: ReportData): Table | undefined {
  if (comparisons.length === 0) return undefined;
  return {
    caption: 'The student against every untrained ranking',
    columns: ['Student', 'Baseline', 'Measure', 'Difference', '95 % interval', 'p', 'Better / equal / worse'],
    rows: comparisons.map(({ student, baseline, result }) => [
      student,
      baseline,
      result.measure,
      formatSigned(result.difference.mean),
      formatInterval(result.difference),
      formatP(result.test.p),
      `${result.wins} / ${result.ties} / ${result.losses}`,
    ]),
    numbersFrom: 3,
  };
}

export function calibrationTable({ calibration }: ReportData): Table | undefined {
  if (!calibration || calibration.bins.length === 0) return undefined;
  return {
    caption: 'Reliability by bin',
    columns: ['Predicted', 'Share relevant', 'Passages'],
    rows: calibration.bins.map(({ predicted, observed, count }) => [
      formatScore(predicted),
      formatScore(observed),
      formatCount(count),
    ]),
    numbersFrom: 0,
  };
}

export function teachersTable({ teachers }: ReportData): Table | undefined {
  if (!teachers) return undefined;
  const { knownItemMeasure, knownItems, judgedMeasure, rows } = teachers;
  const score = (value: number | undefined): string => (value === undefined ? none : formatScore(value));
  const judged = judgedMeasure !== undefined;
  return {
    caption: 'Teachers beside the untrained rankings',
    columns: [
      'Name',
      'Kind',
      'Note',
      `${knownItemMeasure} of ${formatCount(knownItems)} known items`,
      ...(judged ? [judgedMeasure] : []),
      'Weight in the labels',
    ],
    rows: rows.map((row) => [
      row.name,
      row.kind,
      row.note ?? '',
      score(row.knownItem),
      ...(judged ? [score(row.judged)] : []),
      row.weight === undefined ? none : row.weight.toFixed(2),
    ]),
    numbersFrom: 3,
  };
}

export function funnelTable({ funnel }: ReportData): Table | undefined {
  if (funnel.length === 0) return undefined;
  return {
    caption: 'What each stage took in, kept and rejected',
    columns: ['Stage', 'Why rejected', 'Of those kept', 'In', 'Kept', 'Rejected'],
    rows: funnel.map((stage) => [
      stage.stage,
      countsBySize(stage.rejected),
      countsBySize(stage.noted),
      formatCount(stage.in),
      formatCount(stage.out),
      formatCount(stage.in - stage.out),
    ]),
    numbersFrom: 3,
  };
}

const countsBySize = (counts: Readonly<Record<string, number>> = {}): string =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name}: ${formatCount(count)}`)
    .join('; ') || none;

export function costsTable({ costs }: ReportData): Table | undefined {
  if (costs.length === 0) return undefined;
  const sum = (of: (cost: StageCost) => number): number => costs.reduce((total, cost) => total + of(cost), 0);
  const row = (name: string, of: (pick: (cost: StageCost) => number) => number): string[] => [
    name,
    formatDuration(of((cost) => cost.seconds)),
    formatCount(of((cost) => cost.usage.calls)),
    formatCount(of((cost) => cost.usage.cachedCalls)),
    formatCount(of((cost) => cost.usage.promptTokens)),
    formatCount(of((cost) => cost.usage.outputTokens)),
    formatMoney(of((cost) => cost.usage.usd)),
  ];
  return {
    caption: 'Cost by stage',
    columns: ['Stage', 'Time', 'Calls', 'Of these cached', 'Prompt tokens', 'Output tokens', 'Money'],
    rows: [
      ...costs.map((cost) => row(cost.reused ? `${cost.stage} (reused)` : cost.stage, (pick) => pick(cost))),
      row('All', sum),
    ],
    numbersFrom: 1,
  };
}

export function warningsTable({ warnings = [] }: ReportData): Table | undefined {
  if (warnings.length === 0) return undefined;
  return {
    caption: 'What did not go as wanted, and was gone on with',
    columns: ['Code', 'What', 'Times'],
    rows: warnings.map(({ code, message, count }) => [code, message, formatCount(count)]),
    numbersFrom: 2,
  };
}

export function provenanceTable({ provenance }: ReportData): Table {
  const facts: [string, string | number | undefined][] = [
    ['rankforge', provenance.packageVersion],
    ['Recipe hash', provenance.recipeHash],
    ['Seed', provenance.seed],
    ['Machine', provenance.machine],
  ];
  const rows = facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return { caption: 'Enough to run it again', columns: ['What', 'Value'], rows, numbersFrom: 2 };
}

export function modelsTable({ provenance: { models } }: ReportData): Table | undefined {
  if (models.length === 0) return undefined;
  return {
    caption: 'Models',
    columns: ['Name', 'Model', 'Licence', 'SHA-256 of the weights'],
    rows: models.map(({ name, id, sha256, licence }) => [name, id, licence ?? none, sha256 ?? none]),
    numbersFrom: 4,
  };
}

export function promptsTable({ provenance: { prompts } }: ReportData): Table | undefined {
  if (prompts.length === 0) return undefined;
  return {
    caption: 'Prompts',
    columns: ['Prompt', 'Version', 'SHA-256'],
    rows: prompts.map(({ id, version, hash }) => [id, String(version), hash]),
    numbersFrom: 3,
  };
}
