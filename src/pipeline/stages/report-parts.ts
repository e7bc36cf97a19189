import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { collect } from '../../core/collect.js';
import type { Example } from '../../core/example.js';
import { randomStream, shuffle } from '../../core/random.js';
import { packageVersion } from '../../core/version.js';
import { atomicWrite } from '../../formats/atomic-write.js';
import { readExamples } from '../../formats/examples.js';
import type { FunnelData } from '../../generate/funnel.js';
import { judgePrompts } from '../../generate/judge/judge.js';
import {
  type JudgementRecord,
  judgementsFile,
  readJudgements,
} from '../../generate/judge/judgement-record.js';
import { queryType } from '../../generate/queries/query-types.js';
import { type WeightAlias, weightAliases } from '../../models/weights/aliases.js';
import { loadPrompt } from '../../prompts/template.js';
import { countWarnings } from '../count-warnings.js';
import type { ForgeContext } from '../forge-context.js';
import { type Recipe, recipeHash } from '../recipe/recipe.js';
import { type AgreementRow, agreementRows, withPeople } from '../report/agreement.js';
import type { ReportData, SampleRecord } from '../report/report-data.js';
import { writeReport } from '../report/write-report.js';
import type { FinishedStage } from '../stage.js';
import { generated, type SetDetails } from './generate.js';

export const readJson = async <T>(...path: string[]): Promise<T> =>
  JSON.parse(await readFile(join(...path), 'utf8')) as T;

type SetParts = Omit<ReportData, 'rankings' | 'comparisons' | 'notes'> & {
  readonly notes: readonly string[];
};

/**
 * What a report says of a training set and of how it came about.
 * @param path of the examples to show: those with the teachers' scores where there are any
 * @param prompts asked with besides those of the set
 */
export async function setParts(
  { recipe, dataset }: ForgeContext,
  finished: ReadonlyMap<string, FinishedStage>,
  path: string,
  prompts: readonly string[] = [],
): Promise<SetParts> {
  const { folder } = finished.get('generate')!;
  const { passages, name, qrels } = await dataset();
  const examples = await collect(readExamples(path));
  const { stages: funnel } = await readJson<FunnelData>(folder, generated.funnel);
  const { set, log, difficulty, selection } = await readJson<SetDetails>(folder, generated.description);
  const judged = await judgementsOf(folder);
  const agreement = judged && agreementRows(judged, { people: qrels, seed: recipe.seed });
  return {
    title: recipe.name,
    finishedAt: new Date().toISOString(),
    dataset: {
      name,
      passages: passages.size,
      trainingQueries: examples.length,
      trainingPassages: examples.reduce((sum, { passages: items }) => sum + items.length, 0),
    },
    funnel,
    set,
    log,
    difficulty,
    selection: selection?.comparison,
    agreement,
    notes: agreementNotes(agreement, recipe),
    samples: samplesOf(examples, recipe.seed),
    costs: [...finished.values()].map(({ stage, usage, seconds, reused }) => ({
      stage,
      usage,
      seconds,
      reused,
    })),
    provenance: provenanceOf(recipe, [...setPrompts(recipe), ...prompts]),
    warnings: countWarnings([...finished.values()].flatMap(({ warnings }) => warnings)),
  };
}

/** Who looks for the agreement with people, and finds none, is told how to have it. */
const agreementNotes = (agreement: readonly AgreementRow[] | undefined, { generate }: Recipe): string[] =>
  agreement?.some(({ between }) => between === withPeople)
    ? []
    : [
        generate.judge.measured > 0
          ? 'How far the judge agrees with people is not known: it gave none of the judged pairs a grade.'
          : 'How far the judge agrees with people was not measured: with generate.judge.measured in the recipe it also grades so many of the pairs that people judged.',
      ];

/** What the judge said, where anything was judged. */
async function judgementsOf(folder: string): Promise<JudgementRecord[] | undefined> {
  const path = join(folder, judgementsFile);
  return existsSync(path) ? collect(readJudgements(path)) : undefined;
}

/** Writes `report.html`, `report.md` and `report.json`. */
export async function saveReport(data: ReportData, out: string): Promise<void> {
  await writeReport(data, out);
  await atomicWrite(join(out, 'report.json'), `${JSON.stringify(data, null, 2)}\n`);
}

/** Enough to see what a set is like. */
const sampleCount = 20;

const samplesOf = (examples: readonly Example[], seed: number): SampleRecord[] =>
  shuffle(examples, randomStream(seed, 'samples')).slice(0, sampleCount).map(sampleOf);

const sampleOf = ({ query, passages, split }: Example): SampleRecord => ({
  query: query.text,
  label: [query.metadata?.type, query.instruction, split].filter(Boolean).join(', '),
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

const provenanceOf = (recipe: Recipe, prompts: readonly string[]): ReportData['provenance'] => ({
  packageVersion,
  recipeHash: recipeHash(recipe),
  seed: recipe.seed,
  models: [
    ...Object.entries(recipe.models).map(([as, { model }]) => modelOf(as, model)),
    ...(recipe.encoder === 'none' ? [] : [modelOf('encoder', recipe.encoder)]),
  ],
  prompts: [...new Set(prompts)].map((id) => {
    const { version, hash } = loadPrompt(id);
    return { id, version, hash };
  }),
  machine: `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'processor'}, ${process.platform} ${process.arch}, Node ${process.versions.node}`,
});

function modelOf(as: string, name: string) {
  const alias: WeightAlias | undefined = Object.hasOwn(weightAliases, name)
    ? weightAliases[name as keyof typeof weightAliases]
    : undefined;
  return { name: as, id: name, sha256: alias?.files[0].sha256, licence: alias?.licence };
}

/** The prompts that a set is made with. */
function setPrompts({ generate: { topics, types, judge, graded, edits, negatives } }: Recipe): string[] {
  const asked = Object.entries(types).filter(([, share]) => share > 0);
  const writtenPrompts = [
    'generate/graded-passages',
    ...(graded.onDisagreement === 'rewrite' ? ['generate/rewrite-level'] : []),
  ];
  const writesNegatives = negatives.written > 0 || negatives.mix?.some(({ kind }) => kind === 'written');
  if (topics) return ['generate/topics', 'generate/topic-query', judgePrompts[judge.mode], ...writtenPrompts];
  return [
    ...asked.map(([type]) => queryType(type).prompt),
    judgePrompts[judge.mode],
    ...(graded.share > 0 ? writtenPrompts : []),
    ...(edits.share > 0 ? ['generate/minimal-edit'] : []),
    ...(writesNegatives ? ['generate/negatives'] : []),
  ];
}
