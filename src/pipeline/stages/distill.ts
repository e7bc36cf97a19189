import { join } from 'node:path';
import { collect } from '../../core/collect.js';
import type { Example } from '../../core/example.js';
import type { JobOptions } from '../../core/progress.js';
import type { Run } from '../../core/run.js';
import { saveStudent } from '../../distill/student-folder.js';
import type { LabelledCandidates } from '../../distill/training-list.js';
import { atomicWrite } from '../../formats/atomic-write.js';
import { readExamples } from '../../formats/examples.js';
import { readRun } from '../../formats/trec-run.js';
import type { ForgeContext } from '../forge-context.js';
import { recipeHash } from '../recipe/recipe.js';
import type { Stage } from '../stage.js';
import { trainStudents } from '../train-students.js';
import { datasetFiles, generated } from './generate.js';
import { sourceOf, taught } from './teach.js';

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

// A query was written about its source, and the judge agreed: one deviation more than the teachers give it.
const sourceBonus = 1;

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
  const lists = training.map((example): LabelledCandidates => {
    const scored = labels.get(example.query.id) ?? [];
    const source = sourceOf(example);
    return {
      query: example.query,
      passages: scored.map(({ id }) => passages.get(id)!),
      labels: scored.map(({ id, score }) => score + (id === source ? sourceBonus : 0)),
    };
  });
  const trained = await trainStudents({
    kinds: recipe.students,
    lists,
    labels: 'scores',
    firstStage: await context.firstStage(),
    seed: recipe.seed,
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
  // The first of equals: the recipe names the simplest first.
  const best = trained.reduce((top, one) => (one.heldOut > top.heldOut + 1e-9 ? one : top));
  const choice: StudentChoice = {
    chosen: best.kind,
    students: trained.map(({ kind, heldOut, trained: { priorOnly } }) => ({ kind, heldOut, priorOnly })),
    calibration: best.calibration && {
      error: best.calibration.error,
      pairs: best.calibration.pairs,
      bins: best.calibration.bins,
    },
  };
  await atomicWrite(join(folder, distilled.choice), `${JSON.stringify(choice, null, 2)}\n`);
}
