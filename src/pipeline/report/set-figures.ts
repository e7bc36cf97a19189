import type { GradeDescription } from '../../generate/describe/describe-set.js';
import type { Quartiles } from '../../generate/describe/quartiles.js';
import { measureChart } from './charts.js';
import type { Figure } from './figures.js';
import { formatScore } from './format.js';
import type { ReportData } from './report-data.js';
import { quartileChart, sourcesChart } from './set-charts.js';

/** Passages, their lengths and their overlap with the query, by grade. */
export async function setFigures({ set }: ReportData): Promise<Figure[]> {
  if (!set || set.grades.length === 0) return [];
  const { grades } = set;
  return [
    {
      title: 'Passages by grade',
      description: `${grades.map(({ grade, sources: { corpus, mined, written } }) => `grade ${grade}: ${corpus} of the collection, ${mined} mined, ${written} written`).join('; ')}.`,
      caption: 'Full: of the collection. Pale: mined. The other colour: written by a model.',
      svg: await sourcesChart(grades),
    },
    await spreadFigure(
      'Words by grade',
      grades,
      ({ words }) => words,
      (value) => value.toFixed(0),
    ),
    await spreadFigure(
      'Share of the query’s terms held, by grade',
      grades,
      ({ overlap }) => overlap,
      (value) => value.toFixed(2),
    ),
  ];
}

/** Each agreement that has an interval, as kappa, or as alpha where more than two graded. */
export async function agreementFigure({ agreement = [] }: ReportData): Promise<Figure | undefined> {
  const rows = agreement.flatMap(({ between, kappa, alpha }) => {
    const { value: mean, low, high } = kappa ?? alpha;
    return mean === undefined || low === undefined || high === undefined
      ? []
      : [{ name: between, kind: 'teacher' as const, measures: { agreement: { mean, low, high } } }];
  });
  if (rows.length === 0) return undefined;
  const said = rows.map(({ name, measures: { agreement: one } }) => `${name} ${formatScore(one.mean)}`);
  return {
    title: 'Agreement of grades',
    description: `${said.join(', ')}.`,
    caption: '1 is full agreement, 0 what chance gives. The line is the 95 % interval.',
    svg: await measureChart('agreement', rows),
  };
}

async function spreadFigure(
  title: string,
  grades: readonly GradeDescription[],
  of: (grade: GradeDescription) => Quartiles,
  format: (value: number) => string,
): Promise<Figure> {
  const rows = grades.map((one) => ({ grade: one.grade, ...of(one), text: format(of(one).median) }));
  return {
    title,
    description: `${rows.map(({ grade, low, median, high }) => `grade ${grade}: median ${format(median)}, middle half ${format(low)} to ${format(high)}`).join('; ')}.`,
    caption: 'The point is the median, the bar the middle half.',
    svg: await quartileChart(rows),
  };
}
