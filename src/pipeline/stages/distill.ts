import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { collect } from '../../core/collect.js';
import { RankforgeError } from '../../core/errors.js';
import type { Example } from '../../core/example.js';
import type { JobOptions } from '../../core/progress.js';
import type { Run } from '../../core/run.js';
import { chooseStudent, type Frontier } from '../../distill/auto/frontier.js';
import { noneChosen } from '../../distill/auto/none-chosen.js';
import { clusterFolds, noUnseenSubjects } from '../../distill/splits/cluster-folds.js';
import { saveStudent } from '../../distill/student-folder.js';
import type { LabelledCandidates } from '../../distill/training-list.js';
import { atomicWrite } from '../../formats/atomic-write.js';
import { readExamples } from '../../formats/examples.js';
import { readRun } from '../../formats/trec-run.js';
import type { ForgeContext } from '../forge-context.js';
import { labelledCandidates } from '../labelled-candidates.js';
import { measuredQueries } from '../measured-queries.js';
import { queryVectors } from '../query-vectors.js';
import { recipeHash } from '../recipe/recipe.js';
import type { Stage } from '../stage.js';
import { pointOf } from '../student-point.js';
import { type TrainedStudent, trainStudents } from '../train-students.js';
import { datasetFiles, generated } from './generate.js';
import { candidateLists, taught } from './teach.js';

/** Files of the stage's folder; each student has a folder of its kind's name. */
export const distilled = { choice: 'choice.json' } as const;

/** What `choice.json` holds. */
export interface StudentChoice {
  /** The kind that was best on held-out training queries, before any judged query was looked at. */
  readonly chosen: string;
  readonly students: readonly {
    readonly kind: string;
    readonly heldOut: number;
    readonly priorOnly: boolean;
  }[];
  /** Why it was chosen. */
  readonly reason: string;
  readonly unfinished: Frontier['unfinished'];
  /** For the gate: what could not be measured. */
  readonly notes: readonly string[];
  /** Students trained without a fold's subjects, by folder, and the ids of what they are measured on. */
  readonly extrapolation?: {
    readonly clusters: number;
    readonly folds: readonly { readonly folder: string; readonly queries: readonly string[] }[];
  };
  /** Of the chosen one, for the reliability diagram. */
  readonly calibration?: {
    readonly error: number;
    readonly pairs: number;
    readonly bins: readonly {
      readonly predicted: number;
      readonly observed: number;
      readonly count: number;
    }[];
  };
}

/** Trains the students on the fused labels and chooses one by held-out training queries. */
export function distillStage(context: ForgeContext): Stage {
  const { recipe } = context;
  return {
    name: 'distill',
    after: ['generate', 'teach'],
    settings: {
      students: recipe.students,
      distill: recipe.distill,
      split: recipe.evaluate.split,
      seed: recipe.seed,
      retrieval: recipe.retrieval,
      encoder: recipe.encoder,
    },
    files: datasetFiles(context),
    run: async ({ folder, input, ...job }) => {
      const examples = await collect(readExamples(join(input('generate'), generated.examples)));
      const labels = await readRun(join(input('teach'), taught.labels));
      await distill(context, { examples, labels, folder }, job);
      return {};
    },
  };
}

async function distill(
  context: ForgeContext,
  {
    examples,
    labels,
    folder,
  }: { readonly examples: readonly Example[]; readonly labels: Run; readonly folder: string },
  job: JobOptions,
): Promise<void> {
  const { recipe } = context;
  const { passages, qrels } = await context.dataset();
  // Without judgements the validation part is all there is to measure on, so nothing may be trained on it.
  const training = qrels.size > 0 ? examples : examples.filter(({ split }) => split === 'train');
  const lists = training.map((example) =>
    labelledCandidates(example, labels.get(example.query.id) ?? [], passages),
  );
  const unfinished: { name: string; why: string }[] = [];
  const { timeLimit, latencyMs } = recipe.distill;
  // A stopped stage finds it there; a finished one has no use for it.
  const workFolder = join(folder, 'training');
  const trained = await trainStudents({
    kinds: recipe.students,
    lists,
    labels: 'scores',
    firstStage: await context.firstStage(),
    weights: recipe.encoder === 'none' ? undefined : recipe.encoder,
    workFolder,
    training: recipe.distill.training,
    seed: recipe.seed,
    timeLimit: timeLimit && timeLimit * 60,
    onUnfinished: timeLimit ? (name, why) => unfinished.push({ name, why }) : undefined,
    relevance: new Map(
      training.map(({ query, passages: items }) => [
        query.id,
        new Map(items.map(({ passage, grade }) => [passage.id, grade >= 2])),
      ]),
    ),
    about: {
      recipeHash: recipeHash(recipe),
      source: `queries written for ${recipe.name}, teachers fused on known items`,
      command: 'rankforge forge',
    },
    ...job,
  });
  for (const { kind, student } of trained) await saveStudent(join(folder, kind), student);
  // Before any judged query is looked at, so that the gate is one test and not the best of several.
  const { index, reason } = chooseStudent(trained.map(pointOf), {
    budgetMs: latencyMs,
    heldOut: trained.map(({ heldOutGains }) => heldOutGains),
  });
  if (index === undefined) throw noneChosen(reason, folder);
  const best = trained[index]!;
  const extrapolation = recipe.distill.extrapolation
    ? await trainWithoutSubjects(context, { best, lists, examples, folder }, job)
    : undefined;
  const choice: StudentChoice = {
    chosen: best.kind,
    students: trained.map(({ kind, heldOut, trained: { priorOnly } }) => ({ kind, heldOut, priorOnly })),
    reason,
    unfinished,
    extrapolation,
    notes: recipe.distill.extrapolation && !extrapolation ? [noUnseenSubjects.tooFew] : [],
    calibration: best.calibration && {
      error: best.calibration.error,
      pairs: best.calibration.pairs,
      bins: best.calibration.bins,
    },
  };
  await atomicWrite(join(folder, distilled.choice), `${JSON.stringify(choice, null, 2)}\n`);
  await rm(workFolder, { recursive: true, force: true });
}

/** For each fold of subjects the chosen kind anew, without its training queries: what its judged queries are ranked by. */
async function trainWithoutSubjects(
  context: ForgeContext,
  {
    best,
    lists,
    examples,
    folder,
  }: {
    readonly best: TrainedStudent;
    readonly lists: readonly LabelledCandidates[];
    readonly examples: readonly Example[];
    readonly folder: string;
  },
  job: JobOptions,
): Promise<StudentChoice['extrapolation']> {
  const firstStage = await context.firstStage();
  const { queries } = await measuredQueries(context, examples);
  const found = await candidateLists(context, queries, { ...job, depth: 3 });
  const measured = found.map(({ query, items }) => ({
    query: { ...query, id: `measured ${query.id}` },
    passages: items.map(({ passage }) => passage),
  }));
  const vectors = await queryVectors([...lists, ...measured], firstStage, job);
  const { clusters, folds } = await clusterFolds(vectors, { seed: context.recipe.seed, ...job });
  const saved: { folder: string; queries: string[] }[] = [];
  for (const [index, fold] of folds.entries()) {
    const asked = queries.filter(({ id }) => fold.has(`measured ${id}`)).map(({ id }) => id);
    if (asked.length === 0) continue;
    job.signal?.throwIfAborted();
    try {
      await saveStudent(join(folder, 'extrapolation', String(index)), await best.without(fold));
    } catch (error) {
      if (error instanceof RankforgeError && error.code === 'too-little-data') return undefined;
      throw error;
    }
    saved.push({ folder: join('extrapolation', String(index)), queries: asked });
    job.onProgress?.({ stage: 'extrapolation', done: index + 1, total: folds.length, unit: 'items' });
  }
  return saved.length > 0 ? { clusters, folds: saved } : undefined;
}
