import type { TopLevelSpec } from 'vega-lite';
import type { GradeDescription, PassageSource } from '../../generate/describe/describe-set.js';
import type { Quartiles } from '../../generate/describe/quartiles.js';
import { formatCount } from './format.js';
import { chartWidth, colours, renderChart } from './render-chart.js';

const labelWidth = 70;
const valueWidth = 60;
const plotWidth = chartWidth - labelWidth - valueWidth;
const rows = {
  field: 'row',
  type: 'nominal',
  sort: null,
  axis: { title: null, domain: false, ticks: false, grid: false, labelLimit: 0, labelPadding: 8 },
} as const;
const frame = (bottom: number) => ({
  width: plotWidth,
  height: { step: 28 },
  padding: { left: labelWidth, top: 2, bottom, right: valueWidth },
  autosize: 'none' as const,
});

/** In the order they are drawn, from the left. */
const sourceColours: Readonly<Record<PassageSource, string>> = {
  corpus: colours.accent,
  mined: colours.soft,
  written: colours.student,
};

/** Passages of each grade, by where they are from. */
export function sourcesChart(grades: readonly GradeDescription[]): Promise<string> {
  const values = grades.flatMap(({ grade, sources, passages }) => {
    let from = 0;
    return Object.entries(sourceColours).map(([source, colour]) => {
      const start = from;
      from += sources[source as PassageSource];
      return { row: `grade ${grade}`, start, end: from, colour, passages, text: formatCount(passages) };
    });
  });
  const x = (field: string): object => ({
    field,
    type: 'quantitative',
    axis: null,
    scale: { domainMin: 0, nice: false },
  });
  return renderChart({
    ...frame(2),
    data: { values },
    encoding: { y: rows },
    layer: [
      {
        mark: { type: 'bar', height: 18 },
        encoding: {
          x: x('start'),
          x2: { field: 'end' },
          color: { field: 'colour', type: 'nominal', scale: null, legend: null },
        },
      },
      {
        transform: [{ filter: 'datum.end === datum.passages && datum.start <= datum.end' }],
        mark: { type: 'text', align: 'left', dx: 6, baseline: 'middle' },
        encoding: { x: x('passages'), text: { field: 'text', aggregate: 'max' } },
      },
    ],
  } as TopLevelSpec);
}

/** Median and middle half of something, by grade. */
export function quartileChart(
  values: readonly ({ readonly grade: number; readonly text: string } & Quartiles)[],
): Promise<string> {
  const x = (field: string): object => ({
    field,
    type: 'quantitative',
    scale: { zero: true, nice: true },
    axis: { title: null, tickCount: 4, labelOverlap: false, labelFlush: false },
  });
  return renderChart({
    ...frame(24),
    data: { values: values.map((one) => ({ ...one, row: `grade ${one.grade}` })) },
    encoding: { y: rows },
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 8, color: colours.soft },
        encoding: { x: x('low'), x2: { field: 'high' } },
      },
      {
        mark: { type: 'point', filled: true, size: 80, opacity: 1, color: colours.accent },
        encoding: { x: x('median') },
      },
      {
        mark: { type: 'text', align: 'left', baseline: 'middle' },
        encoding: { x: { value: plotWidth + 10 }, text: { field: 'text' } },
      },
    ],
  } as TopLevelSpec);
}
