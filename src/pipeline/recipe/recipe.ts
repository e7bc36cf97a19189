import { statSync } from 'node:fs';
import { z } from 'zod';
import { hashValue } from '../../core/hash.js';
import { curriculumNames } from '../../distill/curriculum/plan-epoch.js';
import { parseLossMix } from '../../distill/losses/loss-mix.js';
import { allStudentKinds } from '../../distill/student-kinds.js';
import { studentKinds } from '../../distill/students/scorer.js';
import { GenerateSection } from './generate-section.js';
import { weightsName, withoutPlaces } from './paths.js';
import { count, positive, share } from './values.js';

const ModelEntry = z.strictObject({
  /** Alias, weights URI, .gguf path, `openai:MODEL` or `huggingface:MODEL`. */
  model: z.string().min(1),
  /** Tokens of context, prompt and reply together. */
  context: positive.default(4096),
  /** Processor threads; absent: one per physical core. */
  threads: positive.optional(),
  /** Where an `openai:` model is served. */
  baseUrl: z.url().optional(),
  /** US dollars per million tokens, for the budget and the report. */
  price: z.strictObject({ prompt: z.number().min(0), output: z.number().min(0) }).optional(),
  /** Calls under way at once. A local model runs one after the other whatever this says. */
  concurrency: positive.default(4),
});

/** A mix of losses that `parseLossMix` takes. */
const LossMix = z.string().superRefine((text, context) => {
  try {
    parseLossMix(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
});

const Teacher = z.strictObject({
  name: z.string().regex(/^[\w.-]+$/),
  /** Program: full, sliding:20/10, pointwise. */
  method: z.string().default('pointwise'),
  /** Comparator: first, generate, pointwise, likelihood. */
  compare: z.string(),
  /** A name under `models`. */
  model: z.string(),
  /** Candidates a query that it scores; absent: `retrieval.depth`. */
  depth: positive.optional(),
});

/** What a recipe may hold. */
export const Recipe = z.strictObject({
  name: z.string().regex(/^[\w.-]+$/, 'letters, digits, dot, dash and underscore only'),
  /** BEIR folder, relative to the recipe. Only a set that is written without documents needs none. */
  dataset: z.string().min(1).optional(),
  seed: z.number().int().default(7),
  models: z.record(z.string(), ModelEntry),
  /** Encoder alias for dense retrieval; `none` to work without one. */
  encoder: z.string().default('all-minilm-l6-v2'),
  budget: z
    .strictObject({
      calls: positive.optional(),
      tokens: positive.optional(),
      usd: z.number().positive().optional(),
    })
    .default({}),
  retrieval: z
    .strictObject({
      k1: z.number().positive().default(0.9),
      b: share.default(0.4),
      /** Weights of the untrained fusion of z-scores: of the first stage, and with feedback of what labels and students start from. */
      fusion: z
        .strictObject({
          bm25: z.number().min(0).default(0.5),
          dense: z.number().min(0).default(1),
          feedback: z.number().min(0).default(0.5),
        })
        .prefault({}),
      /** Candidates a query that are reranked and learned from. */
      depth: positive.default(20),
    })
    .prefault({}),
  generate: GenerateSection,
  teachers: z.array(Teacher).default([]),
  /** Kinds, the simplest first; `auto` for every one that scores features. */
  students: z
    .union([z.array(z.enum(allStudentKinds)).min(1), z.literal('auto').transform(() => [...studentKinds])])
    .default([...studentKinds]),
  distill: z
    .strictObject({
      /** What training the students may take in minutes: kinds that are finished by then are chosen from. */
      timeLimit: z.number().positive().optional(),
      /** What ranking 100 candidates may take in milliseconds, vectors given. */
      latencyMs: z.number().positive().optional(),
      /** The most nDCG@10 that the student may be worse than its teacher; absent: any. */
      teacherMargin: z.number().min(0).optional(),
      /** What they are trained with; each kind takes of it what it has. */
      training: z
        .strictObject({
          /** As `kl:1,mse:0.1`. */
          loss: LossMix.optional(),
          /** Items count by the rank that the teachers give them. */
          importance: z.boolean().optional(),
          /** Which lists count when, by the hardness of their passages: of `mlp`. */
          curriculum: z.enum(curriculumNames).optional(),
          /** An output for the probability beside the one for the order: of `mlp`. */
          twoHeads: z.boolean().optional(),
        })
        .optional(),
      /** Train it again without whole subjects, and measure it on these. */
      extrapolation: z.boolean().default(true),
    })
    .prefault({}),
  evaluate: z
    .strictObject({
      /** The judged split, which nothing trains on; absent: `test` where there is one. */
      split: z.string().optional(),
      measures: z.array(z.string()).min(1).default(['nDCG@10', 'RR@10', 'R@20', 'AP']),
      /** Judged queries, drawn by the seed, that each teacher is measured on besides its known items; 0 for none. */
      teacherQueries: count.default(24),
      /** Largest p of the paired test that passes the gate. */
      alpha: z.number().gt(0).lt(1).default(0.05),
    })
    .prefault({}),
});

/** A checked recipe, every default filled in, its paths absolute. */
export type Recipe = z.infer<typeof Recipe>;
export type ModelEntry = z.infer<typeof ModelEntry>;
export type TeacherEntry = z.infer<typeof Teacher>;

/** Of the models, what their replies depend on: neither threads nor prices. */
export const modelSettings = ({ models }: Recipe) =>
  Object.fromEntries(
    Object.entries(models).map(([name, { model, context, baseUrl }]) => [
      name,
      { model: weightsName(model), context, baseUrl, file: fileMark(model) },
    ]),
  );

/** Size and time of weights that are named by their path: another file may come to lie there. */
function fileMark(model: string): string | undefined {
  const found = statSync(model.replace(/^file:(\/\/)?/, ''), { throwIfNoEntry: false });
  return found?.isFile() ? `${found.size} bytes, ${found.mtimeMs}` : undefined;
}

/** What makes two recipes the same: their settings, not where they or their files lie. */
export const recipeHash = (recipe: Recipe): string => hashValue(withoutPlaces(recipe));
