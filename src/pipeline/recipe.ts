import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { z } from 'zod';
import { hashValue } from '../core/hash.js';
import { studentKinds } from '../distill/students/scorer.js';
import { defaultTypes, type QueryTypeName, queryTypes } from '../generate/queries/query-types.js';

const share = z.number().min(0).max(1);
const positive = z.number().int().positive();
const count = z.number().int().min(0);

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
  /** BEIR folder, relative to the recipe. */
  dataset: z.string().min(1),
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
  generate: z.strictObject({
    /** A name under `models`. */
    model: z.string(),
    /** Accepted training queries wanted: exactly this many, or the run says why not. */
    count: positive,
    /** Shares of query types. */
    types: z
      .partialRecord(z.enum(Object.keys(queryTypes) as [QueryTypeName, ...QueryTypeName[]]), share)
      .refine((shares) => Object.values(shares).some((one) => one > 0), 'no type has a share above 0')
      .default(defaultTypes),
    /** Shortest passage, in words, that a query is written about. */
    minWords: count.default(25),
    /** Share of the queries that also get written passages of levels 3 to 0. */
    graded: share.default(0.1),
    negatives: z
      .strictObject({
        mined: count.default(6),
        random: count.default(2),
        /** First and last rank that negatives are taken from, 1-based. */
        band: z
          .tuple([positive, positive])
          .refine(([first, last]) => first <= last, 'the first rank is after the last')
          .default([2, 40]),
        /** A candidate the judge grades at or above this is no negative. */
        falseNegativeGrade: z.number().int().min(1).max(3).default(2),
      })
      .prefault({}),
    judge: z
      .strictObject({
        /** A name under `models`; absent: the writer. */
        model: z.string().optional(),
        mode: z.enum(['yes-no', 'graded']).default('yes-no'),
      })
      .prefault({}),
    /** The source passage must be among the first k of the untrained fusion; 0 turns the filter off. */
    roundTrip: count.default(20),
    validation: share.default(0.2),
  }),
  teachers: z.array(Teacher).default([]),
  students: z
    .array(z.enum(studentKinds))
    .min(1)
    .default([...studentKinds]),
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

/** A checked recipe, every default filled in, its dataset's path absolute. */
export type Recipe = z.infer<typeof Recipe>;
export type ModelEntry = z.infer<typeof ModelEntry>;
export type TeacherEntry = z.infer<typeof Teacher>;

/** Of the models, what their replies depend on: neither threads nor prices. */
export const modelSettings = ({ models }: Recipe) =>
  Object.fromEntries(
    Object.entries(models).map(([name, { model, context, baseUrl }]) => [
      name,
      { model, context, baseUrl, file: fileMark(model) },
    ]),
  );

/** Size and time of weights that are named by their path: another file may come to lie there. */
function fileMark(model: string): string | undefined {
  const found = statSync(model.replace(/^file:(\/\/)?/, ''), { throwIfNoEntry: false });
  return found?.isFile() ? `${found.size} bytes, ${found.mtimeMs}` : undefined;
}

/** What makes two recipes the same: their settings, not where they lie. */
export const recipeHash = ({ dataset, ...settings }: Recipe): string =>
  hashValue({ ...settings, dataset: basename(dataset) });
