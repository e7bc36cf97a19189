import type { CalibrationCard } from './calibration/calibration-card.js';
import type { StudentCard } from './student.js';

const figure = (value: number): string => value.toFixed(4);

const featureLine = ({ given, version, names, dense, firstStage }: StudentCard['features']): string =>
  names.length === 0
    ? 'none: it reads the texts alone'
    : given
      ? `${names.length}, from a file`
      : `version ${version}, ${names.length}${dense ? ', with embeddings' : ', none pretrained'}${firstStage ? ', and the order of the candidates' : ''}`;

const falseNegativeLine = ({
  unjudged,
  dropped,
  rates = [],
}: NonNullable<StudentCard['training']['falseNegatives']>): string =>
  dropped === undefined
    ? `${unjudged} passages that nobody judged, weighed; of the relevant are judged, by five ranks: ${rates.map((rate) => rate.toFixed(2)).join(' ')}`
    : `left out ${dropped} of ${unjudged} passages that nobody judged, as high in the untrained ranking as the best positive`;

const percent = (value: number): string => `${(100 * value).toFixed(0)} %`;
const range = ({ low, high }: { low: number; high: number }): string => `${figure(low)} to ${figure(high)}`;

const calibrationFigure = ({ error, expectedError }: CalibrationCard): string =>
  expectedError ? `${figure(expectedError.value)} (95 % interval ${range(expectedError)})` : figure(error);

/** Beside its teacher, on unseen subjects, and where to cut: each with its interval. */
function worthLines({ gate, calibration }: StudentCard): string[] {
  const { teachers = [], extrapolation, notes = [] } = gate ?? {};
  const rows = [
    ...teachers.map(
      ({ name, difference, p, queries }) =>
        `| beside teacher ${name} | ${figure(difference.mean)} | ${range(difference)} | ${figure(p)} | ${queries} |`,
    ),
    ...(extrapolation
      ? [
          `| unseen subjects, beside ${gate?.baseline} | ${figure(extrapolation.difference.mean)} | ${range(extrapolation.difference)} | ${figure(extrapolation.p)} | ${extrapolation.queries} |`,
          `| unseen subjects, beside in domain | ${figure(extrapolation.change.mean)} | ${range(extrapolation.change)} | ${figure(extrapolation.changeP)} | ${extrapolation.queries} |`,
        ]
      : []),
  ];
  const cuts = (calibration?.thresholds ?? []).map(
    ({ wanted, probability, precision, recall, ...interval }) =>
      probability === undefined
        ? `| ${percent(wanted)} | none is high enough | | |`
        : `| ${percent(wanted)} | ${figure(probability)} | ${precision < wanted ? 'missed: ' : ''}${percent(precision)} (${percent(interval.low)} to ${percent(interval.high)}) of ${interval.shown} | ${percent(recall)} |`,
  );
  return [
    ...(gate && Object.keys(gate.baselineMeans).length > 1
      ? [
          "The best untrained ranking is chosen on the gate's own queries, which sets its bar a little too high.",
          '',
        ]
      : []),
    ...(rows.length > 0
      ? [
          `| ${gate?.measure} of the student | difference | 95 % interval | p | queries |`,
          '| --- | --- | --- | --- | --- |',
          ...rows,
          '',
        ]
      : []),
    ...(cuts.length > 0
      ? [
          '| wanted precision | show from probability | relevant of what is shown | of the relevant shown |',
          '| --- | --- | --- | --- |',
          ...cuts,
          '',
        ]
      : []),
    ...notes.flatMap((note) => [`${note.charAt(0).toUpperCase()}${note.slice(1)}.`, '']),
  ];
}

/** The card for people, as Markdown. */
export function renderCard(card: StudentCard): string {
  const { training, features, gate, calibration, latency, encoder } = card;
  const lines = [
    `# ${card.name}`,
    '',
    gate
      ? `**Gate ${gate.passed ? 'passed' : 'not passed'}**: ${gate.reason} (${gate.queries} judged queries).`
      : '**Gate not run**: no judged queries were given, so it is not known whether this student is worth using.',
    ...(training.priorOnly
      ? [
          '',
          features.given
            ? 'Nothing that was trained ranked held-out queries better than chance, so all scores are equal.'
            : 'Nothing that was trained beat the untrained fusion on held-out queries, so this student is that fusion.',
        ]
      : []),
    '',
    '| | |',
    '| --- | --- |',
    `| kind | ${card.kind} |`,
    `| learned from | ${training.queries} queries, ${training.passages} passages, ${training.labels}${training.skipped > 0 ? `; left aside, of one passage or with equal labels: ${training.skipped}` : ''}${training.source ? `; ${training.source}` : ''} |`,
    ...(training.teachers
      ? [
          `| label weights | ${Object.entries(training.teachers)
            .map(([name, weight]) => `${name} ${weight.toFixed(2)}`)
            .join(', ')} |`,
        ]
      : []),
    ...(training.loss ? [`| loss | ${training.loss} |`] : []),
    ...(training.falseNegatives
      ? [`| false negatives | ${falseNegativeLine(training.falseNegatives)} |`]
      : []),
    `| features | ${featureLine(features)} |`,
    ...(encoder ? [`| encoder | ${encoder.id} |`] : []),
    ...(calibration
      ? [
          `| calibration | ${calibration.calibrator.method} on ${calibration.queries} queries, ${calibration.source}; expected error ${calibrationFigure(calibration)} |`,
        ]
      : []),
    ...(latency
      ? [
          `| latency | ${latency.milliseconds.toFixed(2)} ms for ${latency.passages} passages${latency.p95 === undefined ? '' : `, ${latency.p95.toFixed(2)} ms at the 95th percentile of ${latency.runs} lists`}, vectors given |`,
        ]
      : []),
    `| seed | ${card.seed} |`,
    `| rankforge | ${card.packageVersion} |`,
    ...(card.command ? [`| command | \`${card.command.replaceAll('|', '\\|')}\` |`] : []),
    '',
    '## Figures',
    '',
    '| ranking | measure | value |',
    '| --- | --- | --- |',
    ...Object.entries(card.figures).map(([name, value]) => `| this student | ${name} | ${figure(value)} |`),
    ...(gate
      ? Object.entries(gate.baselineMeans).map(
          ([name, value]) => `| ${name} | ${gate.measure} | ${figure(value)} |`,
        )
      : []),
    '',
    ...worthLines(card),
    '## Settings tried',
    '',
    'nDCG@10 against the labels, on held-out training queries.',
    '',
    '| settings | held out | |',
    '| --- | --- | --- |',
    ...card.selection.map(
      ({ name, heldOut, rounds, chosen }) =>
        `| ${name}${rounds === undefined ? '' : `, ${rounds} rounds`} | ${figure(heldOut)} | ${chosen ? 'chosen' : ''} |`,
    ),
    '',
    `Features in order: ${features.names.join(', ')}.`,
    '',
  ];
  return lines.join('\n');
}
