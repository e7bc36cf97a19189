import { join } from 'node:path';
import type { ForgeContext } from '../forge-context.js';
import type { Recipe } from '../recipe/recipe.js';
import type { ReportData, TeacherTable } from '../report/report-data.js';
import type { FinishedStage } from '../stage.js';
import { distilled, type StudentChoice } from './distill.js';
import { evaluated, type ForgeResults } from './evaluate.js';
import { generated } from './generate.js';
import { readJson, saveReport, setParts } from './report-parts.js';
import { taught } from './teach.js';

type Finished = ReadonlyMap<string, FinishedStage>;

/** Collects what the finished stages left behind and writes `report.html`, `report.md` and `report.json` into the output folder. */
export async function reportJob(context: ForgeContext, finished: Finished): Promise<ReportData> {
  const folder = (stage: string): string => finished.get(stage)!.folder;
  const results = await readJson<ForgeResults>(folder('evaluate'), evaluated.results);
  const choice = await readJson<StudentChoice>(folder('distill'), distilled.choice);
  const teachers = await readJson<TeacherTable>(folder('teach'), taught.table);
  const examples = join(folder('teach'), taught.examples);
  const parts = await setParts(context, finished, examples, teacherPrompts(context.recipe));
  const data: ReportData = {
    ...parts,
    teachers,
    ...results,
    calibration: choice.calibration && {
      of: `${choice.chosen}, ${choice.calibration.pairs} held-out training pairs`,
      ...choice.calibration,
    },
    notes: [...notesOf(results, choice, teachers), ...parts.notes],
  };
  await saveReport(data, context.out);
  return data;
}

/** The same of a training set alone. */
export async function reportSet(context: ForgeContext, finished: Finished): Promise<ReportData> {
  const examples = join(finished.get('generate')!.folder, generated.examples);
  const data: ReportData = {
    ...(await setParts(context, finished, examples)),
    rankings: [],
    comparisons: [],
  };
  await saveReport(data, context.out);
  return data;
}

function teacherPrompts({ teachers }: Recipe): string[] {
  const byComparator: Readonly<Record<string, string>> = {
    first: 'rerank/listwise',
    generate: 'rerank/listwise',
    pointwise: 'rerank/yes-no',
    likelihood: 'rerank/query-likelihood',
  };
  return teachers.flatMap(({ compare }) => byComparator[compare] ?? []);
}

/** What the summary should say besides the figures. */
function notesOf({ measuredOn }: ForgeResults, choice: StudentChoice, { rows }: TeacherTable): string[] {
  const notes: string[] = [];
  if (measuredOn.judgements === 'generated') {
    notes.push(
      'There are no hand-made judgements: the figures are of generated queries that were held out, which flatters every ranking. Judge some queries by hand before relying on them.',
    );
  }
  if (choice.students.some(({ kind, priorOnly }) => kind === choice.chosen && priorOnly)) {
    notes.push(
      'Nothing that was trained beat the untrained fusion on held-out training queries, so the student is that fusion.',
    );
  }
  const teachers = rows.filter(({ kind }) => kind === 'teacher');
  if (teachers.length === 0) {
    notes.push('The recipe names no teacher, so the labels are the untrained fusion.');
  } else if (!teachers.some(({ weight }) => weight !== undefined && weight > 0)) {
    notes.push(
      'No teacher added anything to the untrained rankings on the known items, so the labels are the untrained fusion.',
    );
  }
  return notes;
}
