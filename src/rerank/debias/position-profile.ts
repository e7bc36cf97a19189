import { RankforgeError } from '../../core/errors.js';
import type { Query } from '../../core/query.js';
import { addUsage, noUsage, type Usage } from '../../core/usage.js';
import { mean, orderByScore } from '../../core/vectors.js';
import type { Warning } from '../../core/warning.js';
import { createFlights } from '../../models/door/flights.js';
import { afterTaking } from '../after-taking.js';
import type { Comparator, CompareOptions } from '../comparator.js';
import type { SharedCost } from '../comparison-cost.js';
import { wrapped } from '../wrapped.js';
import { costInTurn, finiteScores, type Showing, sharedInTurn } from './compare-in-turn.js';

/** What each position of a window is given whatever stands there, on the comparator's own scale: one number a position. */
export type PositionProfile = readonly number[];

/** The mean by position of scores of equally many passages, one list a comparison. */
export const meanByPosition = (lists: readonly (readonly number[])[]): PositionProfile =>
  (lists[0] ?? []).map((_, position) => mean(lists.map((scores) => scores[position]!)));

/** How a profile is come by. */
export interface ProfileSource {
  /** Added to the comparator's name. */
  readonly name: string;
  /** Queries with the same key share a profile for each size of window. */
  keyOf(query: Query): string;
  /** Whether a profile is one query's, or serves all. */
  readonly among: SharedCost['among'];
  /** What is compared to measure it. */
  showings(query: Query, count: number): readonly Showing[];
  measure(query: Query, count: number, options: CompareOptions): Promise<MeasuredProfile>;
}

const profileKey = (source: ProfileSource, query: Query, count: number): string =>
  `${count} ${source.keyOf(query)}`;

export interface MeasuredProfile {
  /** Absent where the comparator showed no scores to take it from. */
  readonly profile?: PositionProfile | undefined;
  readonly usage: Usage;
  readonly warnings: readonly Warning[];
}

// A server that runs for months sees queries without end; a profile is a few dozen numbers.
const mostKept = 2000;

/**
 * A comparator whose scores lose what their positions alone would get. A profile is measured when it is first needed
 * and kept; without scores to correct, the order stays as it was, with a warning. The profile is a cost that comparisons share.
 * @throws RankforgeError `usage` for a comparator that sees each passage alone
 */
export function subtractProfile(comparator: Comparator, source: ProfileSource): Comparator {
  checkPositions(comparator);
  const profileOf = keepProfiles(source);
  return {
    ...wrapped(comparator),
    name: `${comparator.name}+${source.name}`,
    async compare(query, passages, options = {}) {
      if (passages.length < 2) return comparator.compare(query, passages, options);
      // The profile first: it is kept, so a comparison that fails and is tried again has not lost it.
      const measured = await profileOf(query, passages.length, options);
      const comparison = await afterTaking(measured.usage, () =>
        comparator.compare(query, passages, options),
      );
      const usage = addUsage(measured.usage, comparison.usage);
      const warnings = [...measured.warnings, ...comparison.warnings];
      const raw = finiteScores(comparison);
      if (!raw || !measured.profile) {
        return { order: comparison.order, usage, warnings: [...warnings, notCorrected(query.id)] };
      }
      const scores = raw.map((score, position) => score - measured.profile![position]!);
      return { order: orderByScore(scores), scores, usage, warnings };
    },
    sharedCosts(query, passages) {
      if (passages.length < 2) return [];
      const count = passages.length;
      const showings = source.showings(query, count);
      const profile: SharedCost = {
        key: `${comparator.name}+${source.name} ${profileKey(source, query, count)}`,
        among: source.among,
        cost: () => costInTurn(comparator, showings),
      };
      return [profile, ...sharedInTurn(comparator, [...showings, { query, passages }])];
    },
  };
}

function keepProfiles(source: ProfileSource) {
  const kept = new Map<string, PositionProfile | undefined>();
  const flights = createFlights<MeasuredProfile>();
  return async (query: Query, count: number, options: CompareOptions): Promise<MeasuredProfile> => {
    const key = profileKey(source, query, count);
    if (kept.has(key)) return { profile: kept.get(key), usage: noUsage, warnings: [] };
    const { value, first } = await flights.share(
      key,
      (signal) => source.measure(query, count, { ...options, signal }),
      options.signal,
    );
    if (kept.size >= mostKept) kept.delete(kept.keys().next().value!);
    kept.set(key, value.profile);
    // Windows that waited for the same profile have not paid for it.
    return first ? value : { profile: value.profile, usage: noUsage, warnings: [] };
  };
}

/** @throws RankforgeError `usage` for a comparator without positions */
export function checkPositions({ name, absolute }: Comparator): void {
  if (!absolute) return;
  throw new RankforgeError('usage', `The comparator ${name} scores each passage alone`, {
    where: name,
    hint: 'Leave the debiasing out: there is no position to correct for.',
  });
}

const notCorrected = (id: string): Warning => ({
  code: 'not-debiased',
  message: 'The model showed no score for every passage, so what its positions get was not taken off',
  id,
});
