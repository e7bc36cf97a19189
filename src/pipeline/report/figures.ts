import { funnelChart, measureChart, reliabilityChart } from './charts.js';
import { formatCount, formatScore } from './format.js';
import type { ReportData } from './report-data.js';
import { measureNames } from './tables.js';

/** A picture and what it says in words. */
export interface Figure {
  readonly title: string;
  /** Says in words what the picture shows. */
  readonly description: string;
  /** How to read it, where that is not plain. */
  readonly caption?: string;
  readonly svg: string;
}

/** One a measure. */
export function rankingFigures(data: ReportData): Promise<Figure[]> {
  return Promise.all(
    measureNames(data).map(async (measure) => ({
      title: measure,
      description: `${measure}: ${data.rankings
        .flatMap(({ name, measures }) => {
          const interval = measures[measure];
          return interval ? [`${name} ${formatScore(interval.mean)}`] : [];
        })
        .join(', ')}.`,
      svg: await measureChart(measure, data.rankings),
    })),
  );
}

export async function calibrationFigure({ calibration }: ReportData): Promise<Figure | undefined> {
  if (!calibration || calibration.bins.length === 0) return undefined;
  const { of, bins, error } = calibration;
  const gap = error === undefined ? '' : ` Expected calibration error ${formatScore(error)}.`;
  const points = bins.map(
    ({ predicted, observed }) => `${formatScore(observed)} at ${formatScore(predicted)}`,
  );
  return {
    title: `Reliability of ${of}`,
    description: `Share found relevant by predicted probability: ${points.join(', ')}.${gap}`,
    caption: `On the dashed line the predicted probability is the share found relevant. A larger point holds more passages.${gap}`,
    svg: await reliabilityChart(calibration),
  };
}

export async function funnelFigure({ funnel }: ReportData): Promise<Figure | undefined> {
  if (funnel.length === 0) return undefined;
  return {
    title: 'Records kept by each stage',
    description: `${funnel.map((one) => `${one.stage} kept ${formatCount(one.out)} of ${formatCount(one.in)}`).join(', ')}.`,
    caption: 'Pale: what came in. Full, with its number: what was kept.',
    svg: await funnelChart(funnel),
  };
}
