import type { StudentCard } from './student.js';

const figure = (value: number): string => value.toFixed(4);

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
          'Nothing that was trained beat the untrained fusion on held-out queries, so this student is that fusion.',
        ]
      : []),
    '',
    '| | |',
    '| --- | --- |',
    `| kind | ${card.kind} |`,
    `| learned from | ${training.queries} queries, ${training.passages} passages, ${training.labels}${training.source ? `; ${training.source}` : ''} |`,
    ...(training.teachers
      ? [
          `| label weights | ${Object.entries(training.teachers)
            .map(([name, weight]) => `${name} ${weight.toFixed(2)}`)
            .join(', ')} |`,
        ]
      : []),
    `| features | version ${features.version}, ${features.names.length}${features.dense ? ', with embeddings' : ', none pretrained'}${features.firstStage ? ', and the order of the candidates' : ''} |`,
    ...(encoder ? [`| encoder | ${encoder.id} |`] : []),
    ...(calibration
      ? [
          `| calibration | ${calibration.calibrator.method} on ${calibration.source}, expected error ${figure(calibration.error)} |`,
        ]
      : []),
    ...(latency
      ? [
          `| latency | ${latency.milliseconds.toFixed(2)} ms for ${latency.passages} passages, vectors given |`,
        ]
      : []),
    `| seed | ${card.seed} |`,
    `| rankforge | ${card.packageVersion} |`,
    ...(card.command ? [`| command | \`${card.command}\` |`] : []),
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
