import type { Query } from '../../core/query.js';
import type { CallOptions } from '../../models/language-model.js';
import type { Funnel } from '../funnel.js';
import { createDuplicateIndex, type NearDuplicateOptions } from './near-duplicates.js';
import { createNgramIndex, type NgramRule, ngramRules } from './ngram-overlap.js';

/** What ties a training text to an evaluation set. */
export type ContaminationReason =
  | 'evaluation-query'
  | 'near-evaluation-query'
  | 'overlaps-evaluation-query'
  | 'similar-to-evaluation-query'
  | 'evaluation-passage'
  | 'near-evaluation-passage'
  | 'overlaps-evaluation-passage'
  | 'similar-to-evaluation-passage';

/** Why a training text must not be used, or undefined. */
export type ContaminationCheck = (text: string) => ContaminationReason | undefined;

/** A check that has to ask a model first. */
export type AsyncContaminationCheck = (
  text: string,
  options?: CallOptions,
) => Promise<ContaminationReason | undefined>;

export interface ContaminationOptions extends NearDuplicateOptions {
  /** Whose n-grams count; false for none. @default ngramRules.palm */
  readonly ngrams?: NgramRule | false;
}

type Identified = Pick<Query, 'id' | 'text'>;

/**
 * A check of training queries against the queries that something is evaluated on: equal ones (normalised), near-duplicates by
 * overlap of single words, and queries of 8 words or more that share their n-grams.
 * @param options threshold 0.8 unless given
 */
export function contaminationCheck(
  evaluationQueries: Iterable<Identified>,
  { ngrams = ngramRules.palm, ...options }: ContaminationOptions = {},
): ContaminationCheck {
  const index = createDuplicateIndex({ shingle: 1, ...options });
  const overlaps = ngrams ? createNgramIndex(ngrams) : undefined;
  for (const { id, text } of evaluationQueries) {
    index.add(id, text);
    overlaps?.add(id, text);
  }
  return (text) => {
    const match = index.find(text);
    if (match) return match.reason === 'exact-duplicate' ? 'evaluation-query' : 'near-evaluation-query';
    return overlaps?.find(text) ? 'overlaps-evaluation-query' : undefined;
  };
}

/**
 * A check of training passages against an evaluation set: a passage that holds a query of 8 words or more, that is one of
 * its relevant passages or nearly, or that shares most of its n-grams with one, a part of it included.
 *
 * Not for a corpus that the evaluation searches itself: there every passage is found, and belongs.
 */
export function passageContaminationCheck(
  evaluation: { readonly queries?: Iterable<Identified>; readonly passages?: Iterable<Identified> },
  { ngrams = ngramRules.palm, ...options }: ContaminationOptions = {},
): ContaminationCheck {
  const index = createDuplicateIndex(options);
  const ofQueries = ngrams ? createNgramIndex(ngrams) : undefined;
  const ofPassages = ngrams ? createNgramIndex(ngrams) : undefined;
  for (const { id, text } of evaluation.queries ?? []) ofQueries?.add(id, text);
  for (const { id, text } of evaluation.passages ?? []) {
    index.add(id, text);
    ofPassages?.add(id, text);
  }
  return (text) => {
    const match = index.find(text);
    if (match) return match.reason === 'exact-duplicate' ? 'evaluation-passage' : 'near-evaluation-passage';
    if (ofPassages?.find(text)) return 'overlaps-evaluation-passage';
    return ofQueries?.find(text) ? 'overlaps-evaluation-query' : undefined;
  };
}

/** Several checks as one: the first reason counts, and later ones are not asked. */
export function firstReason(
  ...checks: readonly (ContaminationCheck | AsyncContaminationCheck)[]
): AsyncContaminationCheck {
  return async (text, options) => {
    for (const check of checks) {
      const reason = await check(text, options);
      if (reason) return reason;
    }
    return undefined;
  };
}

export interface RemoveContaminatedOptions<T> {
  readonly text: (record: T) => string;
  readonly check: ContaminationCheck | AsyncContaminationCheck;
  readonly funnel?: Funnel;
  /** @default 'contamination' */
  readonly stage?: string;
  /** Gets each record that is left out, and why. */
  readonly onRejected?: (record: T, reason: ContaminationReason) => void;
  readonly signal?: AbortSignal;
}

/** Passes on the records that are in no evaluation set; reasons are counted under `contamination`. */
export async function* removeContaminated<T>(
  records: AsyncIterable<T> | Iterable<T>,
  { text, check, funnel, stage = 'contamination', onRejected, signal }: RemoveContaminatedOptions<T>,
): AsyncGenerator<T> {
  for await (const record of records) {
    signal?.throwIfAborted();
    const reason = await check(text(record), { signal });
    if (reason) {
      funnel?.reject(stage, reason);
      onRejected?.(record, reason);
      continue;
    }
    funnel?.accept(stage);
    yield record;
  }
}
