import { packageVersion } from '../../core/version.js';
import { calibrationFigure, funnelFigure, rankingFigures } from './figures.js';
import { formatTime, shorten } from './format.js';
import { frontierFigure, frontierTable } from './frontier.js';
import type { ReportData } from './report-data.js';
import { difficultyTable, lengthsTable, selectionTable } from './set-comparisons.js';
import { agreementFigure, setFigures } from './set-figures.js';
import { agreementTable, gradesTable, setTable } from './set-tables.js';
import { summarise, verdictOf } from './summarise.js';
import {
  calibrationTable,
  comparisonsTable,
  costsTable,
  funnelTable,
  gateComparisonsTable,
  gateTable,
  modelsTable,
  promptsTable,
  provenanceTable,
  rankingsTable,
  teachersTable,
  warningsTable,
} from './tables.js';

/** The report as texts and pictures: templates only lay it out. */
export type View = Readonly<Record<string, unknown>>;

/** Every part that the data has something for; the others are undefined or empty. */
export async function buildView(data: ReportData): Promise<View> {
  return {
    title: data.title,
    finishedAt: formatTime(data.finishedAt),
    packageVersion,
    verdict: verdictOf(data),
    summary: summarise(data),
    funnel: funnelTable(data),
    funnelFigure: await funnelFigure(data),
    set: setTable(data),
    setComparisons: [lengthsTable(data), difficultyTable(data), selectionTable(data)].filter(Boolean),
    grades: gradesTable(data),
    setFigures: await setFigures(data),
    agreement: agreementTable(data),
    agreementFigure: await agreementFigure(data),
    samples: samplesOf(data),
    teachers: teachersTable(data),
    rankings: rankingsTable(data),
    rankingFigures: await rankingFigures(data),
    comparisons: comparisonsTable(data),
    gate: gateTable(data),
    gateComparisons: gateComparisonsTable(data),
    frontier: frontierTable(data),
    frontierFigure: await frontierFigure(data),
    calibration: calibrationTable(data),
    calibrationFigure: await calibrationFigure(data),
    costs: costsTable(data),
    warnings: warningsTable(data),
    provenance: provenanceTable(data),
    models: modelsTable(data),
    prompts: promptsTable(data),
  };
}

/** Enough to judge a passage by. */
const sampleLength = 600;

function samplesOf({ samples }: ReportData): unknown[] {
  return samples.map(({ query, label, passages }) => ({
    query,
    label,
    passages: [...passages]
      .sort((a, b) => b.grade - a.grade)
      .map((passage) => ({
        ...passage,
        text: shorten(passage.text, sampleLength),
        facts: [
          passage.kind,
          passage.origin,
          ...(passage.teacherRank === undefined ? [] : [`teacher's rank ${passage.teacherRank}`]),
        ].join(', '),
      })),
  }));
}
