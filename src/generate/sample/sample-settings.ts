import { z } from 'zod';
import { refillRules } from './choose-by-quota.js';

const share = z.number().min(0).max(1);
const positive = z.number().int().positive();

/** A seeded uniform sample. */
export const UniformSample = z.strictObject({
  method: z.literal('uniform'),
  /** Take documents in turn rather than passages, so that one long document does not fill the sample. */
  spread: z.boolean().default(true),
});

/** By topic: k-means on embeddings, and unlike passages of each cluster (DUQGen). Needs an encoder. */
export const ClusterSample = z.strictObject({
  method: z.literal('cluster'),
  /** Clusters; absent: the square root of the passages. Never more than the passages drawn. */
  clusters: positive.optional(),
  /** Of the softmax over cosines to a cluster's mean: near 0 takes the most typical, very high any. */
  temperature: z.number().positive().default(1),
  /** Inside a cluster: 1 takes the most typical of those drawn, 0 those least like each other. */
  lambda: share.default(0.5),
  /** Passages drawn by the softmax for each one that is picked of them. */
  pool: z.number().min(1).default(5),
});

/** Maximal marginal relevance over the whole corpus. Needs an encoder. */
export const MmrSample = z.strictObject({
  method: z.literal('mmr'),
  /** 1 takes what is most typical of the corpus, 0 what is least alike. */
  lambda: share.default(0.5),
  /** Passages drawn at random for each one that is picked of them. */
  pool: z.number().min(1).default(10),
});

/** By a metadata field: each of its values has its share, exactly. */
export const QuotaSample = z.strictObject({
  method: z.literal('quota'),
  /** Key of the metadata; `a.b` looks inside an object. A list counts by its first value. */
  field: z.string().min(1),
  /** Share of each value; or `equal`, or `proportional` to what there is. */
  shares: z
    .union([z.record(z.string(), z.number().min(0)), z.enum(['equal', 'proportional'])])
    .default('equal'),
  /** Where a value has too few: the others by their `shares`; `any`: and then passages of no named value; or `none`. */
  refill: z.enum(refillRules).default('shares'),
});

/** Near what users ask, in the proportions in which they ask it. Needs an encoder and a query log. */
export const QueryLogSample = z.strictObject({
  method: z.literal('query-log'),
  /** The log: one query a line, or BEIR queries (.jsonl). */
  log: z.string().min(1),
  /** Topics that the log is summed up in. */
  topics: positive.default(64),
  /** Of the softmax over cosines to a topic: near 0 takes the nearest passages, very high any. */
  temperature: z.number().positive().default(0.05),
  /** Whether the shares of query types follow the log too, where none are given. */
  types: z.boolean().default(true),
  /** Whether queries are asked for at lengths of the log. */
  lengths: z.boolean().default(true),
});

/** How documents are chosen to write queries about. */
export const SampleSettings = z.discriminatedUnion('method', [
  UniformSample,
  ClusterSample,
  MmrSample,
  QuotaSample,
  QueryLogSample,
]);
export type SampleSettings = z.infer<typeof SampleSettings>;
/** Settings as they are given: what has a default may be left out. */
export type SampleRequest = z.input<typeof SampleSettings>;
export type SampleMethod = SampleSettings['method'];

/** Whether a method embeds the corpus. */
export const embedsCorpus = ({ method }: Pick<SampleSettings, 'method'>): boolean =>
  method === 'cluster' || method === 'mmr' || method === 'query-log';
