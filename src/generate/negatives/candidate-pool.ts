import type { Query } from '../../core/query.js';
import { type Random, shuffle } from '../../core/random.js';
import type { ScoredId } from '../../core/run.js';
import type { CallOptions } from '../../models/language-model.js';
import type { Retriever } from '../../retrieval/retriever.js';
import { hardness, listScale } from './hardness.js';
import { isPositiveAware, type PositiveAware, positiveCeiling } from './positive-ceiling.js';

/** A ranked list that negatives are mined from. Thresholds are in its own scores. */
export interface MiningSource extends PositiveAware {
  readonly retriever: Retriever;
  /** First and last rank they are taken from, from 1. @default [3, 50] */
  readonly band?: readonly [number, number];
}

/** What one source has for one query. */
export interface CandidatePool {
  /** The retriever's name. */
  readonly name: string;
  /** Ids of the band, in the order they are to be looked at. */
  readonly candidates: readonly string[];
  /** Ids up to the band's last rank: all that may well be relevant. */
  readonly ranked: readonly string[];
  /** All ids of its list, down to where hardness is measured. */
  readonly listed: readonly string[];
  /** 0 for what its list does not hold. */
  hardnessOf(id: string): number;
  /** Whether it scores too near the positive; false for what its list does not hold. */
  isTooClose(id: string): boolean;
  /** Thresholds are set, and there is no positive in the list whose score they could be held to. */
  readonly positiveUnknown: boolean;
}

export interface PoolOptions extends CallOptions {
  /** Ranks over which hardness is measured, if the band ends before. */
  readonly depth: number;
  readonly pick: 'random' | 'top';
  readonly stream: Random;
}

/** Searches one source for a query. */
export async function openPool(
  source: MiningSource,
  query: Query,
  isPositive: (id: string) => boolean,
  { depth, pick, stream, signal }: PoolOptions,
): Promise<CandidatePool> {
  const { retriever, band: [first, last] = [3, 50] } = source;
  const list = await retriever.search(query, Math.max(depth, last), { signal });
  const scores = new Map(list.map(({ id, score }) => [id, score]));
  const scale = listScale(list, isPositive);
  const banded = list.slice(0, last);
  const ceiling = ceilingOf(banded, isPositive, source);
  const ids = banded.slice(first - 1).map(({ id }) => id);
  return {
    name: retriever.name,
    candidates: pick === 'top' ? ids : shuffle(ids, stream),
    ranked: banded.map(({ id }) => id),
    listed: list.map(({ id }) => id),
    hardnessOf: (id) => {
      const score = scores.get(id);
      return score === undefined || scale === undefined ? 0 : hardness(score, scale);
    },
    isTooClose: (id) => ceiling !== undefined && (scores.get(id) ?? Number.NEGATIVE_INFINITY) >= ceiling,
    positiveUnknown: ceiling === undefined && list.length > 0,
  };
}

/** Infinity without thresholds, undefined where they are set and the band has no positive before its end. */
function ceilingOf(
  found: readonly ScoredId[],
  isPositive: (id: string) => boolean,
  thresholds: PositiveAware,
): number | undefined {
  if (!isPositiveAware(thresholds)) return Number.POSITIVE_INFINITY;
  const score = found.find(({ id }) => isPositive(id))?.score;
  return score === undefined ? undefined : positiveCeiling(score, thresholds);
}
