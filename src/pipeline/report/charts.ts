import type { TopLevelSpec } from 'vega-lite';
import { fitText, formatCount, formatScore } from './format.js';
import { chartWidth, colours, renderChart } from './render-chart.js';
import type { Calibration, FunnelStage, RankingRow } from './report-data.js';

const labelWidth = 132;
const valueWidth = 52;
const plotWidth = chartWidth - labelWidth - valueWidth;
const rowAxis = {
  title: null,
  domain: false,
  ticks: false,
  grid: false,
  // Vega guesses widths where it has no canvas, and cuts too early; `name` cuts instead.
  labelLimit: 0,
  labelPadding: 8,
  // The number keeps rows with equal names apart.
  labelExpr: "substring(datum.label, indexof(datum.label, ':') + 1)",
};
const name = (value: string): string => fitText(value, labelWidth - 10);

/** Bars of what came into each stage, and over them what was left. */
export function funnelChart(stages: readonly FunnelStage[]): Promise<string> {
  const values = stages.map((stage, index) => ({
    row: `${index}:${name(stage.stage)}`,
    in: stage.in,
    out: stage.out,
    text: formatCount(stage.out),
  }));
  const y = { field: 'row', type: 'nominal', sort: null, axis: rowAxis };
  const x = (field: string): object => ({
    field,
    type: 'quantitative',
    axis: null,
    scale: { domainMin: 0, nice: false },
  });
  return renderChart({
    data: { values },
    width: plotWidth,
    height: { step: 28 },
    padding: { left: labelWidth, top: 2, bottom: 2, right: valueWidth },
    autosize: 'none',
    encoding: { y },
    layer: [
      { mark: { type: 'bar', color: colours.soft, height: 18 }, encoding: { x: x('in') } },
      { mark: { type: 'bar', color: colours.accent, height: 18 }, encoding: { x: x('out') } },
      {
        mark: { type: 'text', align: 'left', dx: 6, baseline: 'middle' },
        encoding: { x: x('in'), text: { field: 'text' } },
      },
    ],
  } as TopLevelSpec);
}

/** Each ranking's mean of one measure, with its interval. */
export function measureChart(measure: string, rows: readonly RankingRow[]): Promise<string> {
  const values = rows.flatMap(({ name: ranking, kind, measures }, index) => {
    const interval = measures[measure];
    return interval
      ? [{ row: `${index}:${name(ranking)}`, kind, ...interval, text: formatScore(interval.mean) }]
      : [];
  });
  const x = (field: string): object => ({
    field,
    type: 'quantitative',
    scale: { zero: false, nice: true, padding: 4 },
    axis: { title: null, tickCount: 3, format: '.3~f', labelOverlap: false, labelFlush: false },
  });
  const color = {
    condition: { test: "datum.kind === 'student'", value: colours.student },
    value: colours.accent,
  };
  return renderChart({
    data: { values },
    width: plotWidth,
    height: { step: 26 },
    padding: { left: labelWidth, top: 2, bottom: 24, right: valueWidth },
    autosize: 'none',
    encoding: {
      y: { field: 'row', type: 'nominal', sort: null, axis: rowAxis },
    },
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 2 },
        encoding: { x: x('low'), x2: { field: 'high' }, color },
      },
      {
        mark: { type: 'point', filled: true, size: 70, opacity: 1 },
        encoding: { x: x('mean'), color },
      },
      {
        mark: { type: 'text', align: 'left', baseline: 'middle' },
        encoding: { x: { value: plotWidth + 10 }, text: { field: 'text' } },
      },
    ],
  } as TopLevelSpec);
}

/** Probability foretold against share found, by bin; the line is where they agree. */
export function reliabilityChart({ bins }: Calibration): Promise<string> {
  const axis = { tickCount: 5, format: '.1f', grid: true, labelOverlap: false, labelFlush: false };
  const scale = { domain: [0, 1], nice: false };
  return renderChart({
    width: chartWidth - 70,
    height: 240,
    padding: { left: 52, top: 10, bottom: 44, right: 18 },
    autosize: 'none',
    layer: [
      {
        data: { values: [{ a: 0 }, { a: 1 }] },
        mark: { type: 'line', color: colours.muted, strokeDash: [4, 4], strokeWidth: 1 },
        encoding: {
          x: { field: 'a', type: 'quantitative', scale },
          y: { field: 'a', type: 'quantitative', scale },
        },
      },
      {
        data: { values: bins },
        mark: { type: 'line', color: colours.accent, strokeWidth: 2 },
        encoding: {
          x: {
            field: 'predicted',
            type: 'quantitative',
            scale,
            axis: { ...axis, title: 'Predicted probability' },
          },
          y: { field: 'observed', type: 'quantitative', scale, axis: { ...axis, title: 'Share relevant' } },
        },
      },
      {
        data: { values: bins },
        mark: { type: 'point', filled: true, color: colours.accent, opacity: 1, clip: false },
        encoding: {
          x: { field: 'predicted', type: 'quantitative', scale },
          y: { field: 'observed', type: 'quantitative', scale },
          size: {
            field: 'count',
            type: 'quantitative',
            legend: null,
            scale: { range: [30, 220], zero: true },
          },
        },
      },
    ],
  } as TopLevelSpec);
}
