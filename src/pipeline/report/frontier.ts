import type { TopLevelSpec } from 'vega-lite';
import type { Frontier } from '../../distill/auto/frontier.js';
import type { Figure } from './figures.js';
import { fitText, formatScore, textWidth } from './format.js';
import { chartWidth, colours, renderChart } from './render-chart.js';
import type { Table } from './tables.js';

// At the right are the names of the ranking to beat and of the teacher, such as "fused-feedback" and "rankvicuna-7b.trec".
const [left, right] = [66, 136];
const width = chartWidth - left - right;
const height = 200;
/** Pixels of a name. */
const lineHeight = 14;

/** Students by the time of 100 candidates and their quality, what no other beats joined by a line; rules for the untrained and the teacher. */
function frontierChart(frontier: Frontier): Promise<string> {
  const { measure, untrained, teacher, budgetMs } = frontier;
  // A logarithm has no place for 0.
  const points = frontier.points.map((point) => ({
    ...point,
    milliseconds: Math.max(1e-3, point.milliseconds),
  }));
  const times = [
    ...points.map(({ milliseconds }) => milliseconds),
    ...(budgetMs === undefined ? [] : [budgetMs]),
  ];
  const [from, to] = [Math.min(...times), Math.max(...times)];
  const shown = [
    ...points.flatMap(({ quality: { mean, low = mean, high = mean } }) => [low, high]),
    ...[untrained, teacher].flatMap((rule) => (rule ? [rule.mean] : [])),
  ];
  const x = {
    field: 'milliseconds',
    type: 'quantitative',
    // Decades apart: a linear axis would press the fast ones together.
    scale: { type: 'log', domain: [from / 1.4, to * 1.4], nice: false },
    axis: {
      title: 'Milliseconds for 100 candidates',
      tickCount: 4,
      format: '~g',
      grid: false,
      labelOverlap: true,
      labelFlush: false,
    },
  };
  const margin = Math.max(0.01, (Math.max(...shown) - Math.min(...shown)) * 0.08);
  const y = (field: string): object => ({
    field,
    type: 'quantitative',
    scale: { domain: [Math.min(...shown) - margin, Math.max(...shown) + margin], nice: false, zero: false },
    axis: {
      title: measure,
      titlePadding: 6,
      tickCount: 4,
      format: '.2f',
      grid: false,
      labelOverlap: false,
      labelFlush: false,
    },
  });
  const color = { condition: { test: 'datum.chosen', value: colours.student }, value: colours.accent };
  const values = points.map((point) => ({
    ...point,
    label: fitText(point.name, 0.7 * width),
    // Names of the slow half grow to the left, so that none is cut.
    align: point.milliseconds > Math.sqrt(from * to) ? 'right' : 'left',
    mean: point.quality.mean,
    low: point.quality.low ?? point.quality.mean,
    high: point.quality.high ?? point.quality.mean,
  }));
  const [lowest, highest] = [Math.min(...shown) - margin, Math.max(...shown) + margin];
  const [first, last] = [Math.log(from / 1.4), Math.log(to * 1.4)];
  const lifts = liftLabels(
    values.map(({ mean, milliseconds, label, align }) => {
      const place = ((Math.log(milliseconds) - first) / (last - first)) * width;
      // The bold type is wider by a tenth.
      const long = 6 + 1.1 * textWidth(label);
      const [start, end] = align === 'left' ? [place, place + long] : [place - long, place];
      return { from: start, to: end, height: ((highest - mean) / (highest - lowest)) * height };
    }),
  );
  const rules = [untrained, teacher].flatMap((rule) =>
    rule ? [{ mean: rule.mean, text: fitText(rule.name, right - 12) }] : [],
  );
  return renderChart({
    width,
    height,
    padding: { left, top: 8, bottom: 44, right },
    autosize: 'none',
    layer: [
      {
        data: { values: rules },
        mark: { type: 'rule', color: colours.muted, strokeDash: [4, 4] },
        encoding: { y: y('mean') },
      },
      {
        data: { values: rules },
        mark: { type: 'text', align: 'left', dx: 6, color: colours.muted },
        encoding: { y: y('mean'), x: { value: width }, text: { field: 'text' } },
      },
      ...(budgetMs === undefined
        ? []
        : [
            {
              data: { values: [{ milliseconds: budgetMs }] },
              mark: { type: 'rule', color: colours.student, strokeDash: [2, 3] },
              encoding: { x },
            },
          ]),
      {
        data: { values: values.filter(({ onFrontier }) => onFrontier) },
        mark: { type: 'line', interpolate: 'step-after', color: colours.soft, strokeWidth: 4 },
        encoding: { x, y: y('mean'), order: { field: 'milliseconds', type: 'quantitative' } },
      },
      {
        data: { values },
        mark: { type: 'rule', strokeWidth: 2 },
        encoding: { x, y: y('low'), y2: { field: 'high' }, color },
      },
      {
        data: { values },
        mark: { type: 'point', filled: true, size: 70, opacity: 1 },
        encoding: { x, y: y('mean'), color },
      },
      ...values.map((value, index) => ({
        data: { values: [value] },
        mark: {
          type: 'text',
          align: value.align,
          baseline: 'bottom',
          dx: value.align === 'left' ? 6 : -6,
          dy: lifts[index]!,
          fontWeight: 'bold',
        },
        encoding: { x, y: y('mean'), text: { field: 'label' } },
      })),
    ],
  } as TopLevelSpec);
}

/** Where a name would stand: pixels from the left edge to its ends, and down to its point. */
interface Label {
  readonly from: number;
  readonly to: number;
  readonly height: number;
}

/** How far above its point each name stands, in pixels below zero, so that names that lie side by side do not cover each other. */
function liftLabels(labels: readonly Label[]): number[] {
  const placed: (Label & { readonly at: number })[] = [];
  const lifts = labels.map(() => 0);
  // From the lowest point up.
  for (const [index, label] of [...labels.entries()].sort(([, a], [, b]) => b.height - a.height)) {
    let at = label.height - 6;
    for (const other of placed)
      if (label.from < other.to && other.from < label.to) at = Math.min(at, other.at - lineHeight);
    placed.push({ ...label, at });
    lifts[index] = at - label.height;
  }
  return lifts;
}

/** The same as a picture of its own, with colours that the page would else give. */
export async function frontierSvg(frontier: Frontier): Promise<string> {
  const svg = await frontierChart(frontier);
  const style =
    'svg{--ink:#1b1f24;--muted:#59636e;--line:#d3d9e0;--accent:#2563b8;--soft:#c6d8f0;--student:#b4530a;background:#fff}';
  return `${svg.replace(/(<svg[^>]*>)/, `$1<style>${style}</style>`)}\n`;
}

export async function frontierFigure({
  frontier,
}: {
  readonly frontier?: Frontier;
}): Promise<Figure | undefined> {
  if (!frontier || frontier.points.length === 0) return undefined;
  const { points, measure, untrained, teacher, reason, budgetMs } = frontier;
  const described = points.map(
    ({ name, quality, milliseconds }) =>
      `${name} ${formatScore(quality.mean)} in ${formatTime(milliseconds)} ms`,
  );
  const rules = [untrained, teacher].flatMap((rule) =>
    rule ? [`${rule.name} ${formatScore(rule.mean)}`] : [],
  );
  const budget = budgetMs === undefined ? '' : ` The dotted line is the time allowed, ${budgetMs} ms.`;
  return {
    title: 'Quality and time of the students',
    description: `${measure} and time for 100 candidates: ${[...described, ...rules].join(', ')}.`,
    caption: `${capital(reason)}. The line joins the students that no other one beats in both; bars are 95 % intervals.${budget}`,
    svg: await frontierChart(frontier),
  };
}

export function frontierTable({ frontier }: { readonly frontier?: Frontier }): Table | undefined {
  if (!frontier || frontier.points.length + frontier.unfinished.length === 0) return undefined;
  return {
    caption: 'Students by the time that 100 candidates take',
    columns: ['Student', '', 'Gate', frontier.measure, 'Held out, on labels', 'Median ms', '95 % ms'],
    rows: [
      ...frontier.points.map((point) => [
        point.name,
        [point.chosen ? 'chosen' : '', point.onFrontier ? 'on the frontier' : ''].filter(Boolean).join(', '),
        point.passed === undefined ? '–' : point.passed ? 'passed' : 'not passed',
        formatScore(point.quality.mean),
        formatScore(point.heldOut),
        formatTime(point.milliseconds),
        formatTime(point.p95 ?? point.milliseconds),
      ]),
      ...frontier.unfinished.map(({ name, why }) => [name, why, '–', '–', '–', '–', '–']),
    ],
    numbersFrom: 3,
  };
}

/** Milliseconds: two figures that count. */
const formatTime = (ms: number): string => (ms >= 10 ? ms.toFixed(0) : ms.toPrecision(2));
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
