import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { collect } from '../../core/collect.js';
import type { Example } from '../../core/example.js';
import { packageVersion } from '../../core/version.js';
import { atomicWrite } from '../../formats/atomic-write.js';
import { readExamples } from '../../formats/examples.js';
import type { FunnelData } from '../../generate/funnel.js';
import { type WeightAlias, weightAliases } from '../../models/weights/aliases.js';
import { loadPrompt } from '../../prompts/template.js';
import { countWarnings } from '../count-warnings.js';
import type { ForgeContext } from '../forge-context.js';
import { recipeHash } from '../recipe/recipe.js';
import type { ReportData, SampleRecord, TeacherTable } from '../report/report-data.js';
import { writeReport } from '../report/write-report.js';
import type { FinishedStage } from '../stage.js';
import { distilled, type StudentChoice } from './distill.js';
import { evaluated, type ForgeResults } from './evaluate.js';
import { generated } from './generate.js';
import { taught } from './teach.js';

const readJson = async <T>(...path: string[]): Promise<T> =>
  JSON.parse(await readFile(join(...path), 'utf8')) as T;

/** Collects what the finished stages left behind and writes `report.html`, `report.md` and `report.json` into the output folder. */
export async function reportJob(
  context: ForgeContext,
  finished: ReadonlyMap<string, FinishedStage>,
): Promise<ReportData> {
  const { recipe, out } = context;
  const folder = (stage: string): string => finished.get(stage)!.folder;
  const { passages, name } = await context.dataset();
  const examples = await collect(readExamples(join(folder('teach'), taught.examples)));
  const { stages: funnel } = await readJson<FunnelData>(folder('generate'), generated.funnel);
  const results = await readJson<ForgeResults>(folder('evaluate'), evaluated.results);
  const choice = await readJson<StudentChoice>(folder('distill'), distilled.choice);
  const teachers = await readJson<TeacherTable>(folder('teach'), taught.table);
  const data: ReportData = {
    title: recipe.name,
    finishedAt: new Date().toISOString(),
    dataset: {
      name,
      passages: passages.size,
      trainingQueries: examples.length,
      trainingPassages: examples.reduce((sum, { passages: items }) => sum + items.length, 0),
    },
    funnel,
    samples: examples.slice(0, 4).map(sampleOf),
    teachers,
    ...results,
    calibration: choice.calibration && {
      of: `${choice.chosen}, ${choice.calibration.pairs} held-out training pairs`,
      ...choice.calibration,
    },
    costs: [...finished.values()].map(({ stage, usage, seconds, reused }) => ({
      stage,
      usage,
      seconds,
      reused,
    })),
    provenance: {
      packageVersion,
      recipeHash: recipeHash(recipe),
      seed: recipe.seed,
      models: [
        ...Object.entries(recipe.models).map(([as, { model }]) => modelOf(as, model)),
        ...(recipe.encoder === 'none' ? [] : [modelOf('encoder', recipe.encoder)]),
      ],
      prompts: promptsOf(context).map((id) => {
        const { version, hash } = loadPrompt(id);
        return { id, version, hash };
      }),
      machine: `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'processor'}, ${process.platform} ${process.arch}, Node ${process.versions.node}`,
    },
    notes: notesOf(results, choice, teachers),
    warnings: countWarnings([...finished.values()].flatMap(({ warnings }) => warnings)),
  };
  await writeReport(data, out);
  await atomicWrite(join(out, 'report.json'), `${JSON.stringify(data, null, 2)}\n`);
  return data;
}

const sampleOf = ({ query, passages, split }: Example): SampleRecord => ({
  query: query.text,
  label: [query.metadata?.type, split].filter(Boolean).join(', '),
  passages: passages.map(({ passage, grade, kind, origin, teacherRank }) => ({
    id: passage.id,
    title: passage.title || undefined,
    text: passage.text,
    grade,
    kind,
    origin,
    teacherRank,
  })),
});

function modelOf(as: string, name: string) {
  const alias: WeightAlias | undefined = Object.hasOwn(weightAliases, name)
    ? weightAliases[name as keyof typeof weightAliases]
    : undefined;
  return { name: as, id: name, sha256: alias?.files[0].sha256, licence: alias?.licence };
}

/** The prompts that a recipe's stages ask with. */
function promptsOf({ recipe }: ForgeContext): string[] {
  const byComparator: Readonly<Record<string, string>> = {
    first: 'rerank/listwise',
    generate: 'rerank/listwise',
    pointwise: 'rerank/yes-no',
    likelihood: 'rerank/query-likelihood',
  };
  return [
    'generate/query',
    recipe.generate.judge.mode === 'yes-no' ? 'generate/judge-yes-no' : 'generate/judge-graded',
    ...(recipe.generate.graded > 0 ? ['generate/graded-passages'] : []),
    ...new Set(recipe.teachers.flatMap(({ compare }) => byComparator[compare] ?? [])),
  ];
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
