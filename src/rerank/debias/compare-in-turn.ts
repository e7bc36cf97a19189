import type { Passage } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import { addUsage, noUsage, type Usage } from '../../core/usage.js';
import type { Warning } from '../../core/warning.js';
import { afterTaking } from '../after-taking.js';
import type { Comparator, CompareOptions, Comparison } from '../comparator.js';
import { addCosts, type ComparisonCost, type SharedCost } from '../comparison-cost.js';

/** A query and passages as they are shown. */
export interface Showing {
  readonly query: Query;
  readonly passages: readonly Passage[];
}

/** What several comparisons said, in order, and took together. */
export interface Shown {
  readonly comparisons: readonly Comparison[];
  readonly usage: Usage;
  readonly warnings: readonly Warning[];
}

/**
 * One comparison after the other, since whoever asked for this one counts it as one at a time. One that fails ends them,
 * and its error tells what those before it took.
 * @throws as the comparator
 */
export async function compareInTurn(
  comparator: Comparator,
  showings: readonly Showing[],
  options: CompareOptions = {},
): Promise<Shown> {
  const comparisons: Comparison[] = [];
  let usage: Usage = noUsage;
  for (const { query, passages } of showings) {
    const comparison = await afterTaking(usage, () => comparator.compare(query, passages, options));
    comparisons.push(comparison);
    usage = addUsage(usage, comparison.usage);
  }
  return { comparisons, usage, warnings: comparisons.flatMap(({ warnings }) => warnings) };
}

/** What several comparisons would cost together, beside what they share with others. */
export const costInTurn = (
  comparator: Pick<Comparator, 'cost'>,
  showings: readonly Showing[],
): ComparisonCost => addCosts(showings.map(({ query, passages }) => comparator.cost(query, passages)));

/** What several comparisons share, with each other or with others. */
export const sharedInTurn = (
  comparator: Pick<Comparator, 'sharedCosts'>,
  showings: readonly Showing[],
): SharedCost[] => showings.flatMap(({ query, passages }) => comparator.sharedCosts?.(query, passages) ?? []);

/** A comparison's scores where each is a finite number: what can be subtracted and averaged. */
export const finiteScores = ({ scores }: Comparison): readonly number[] | undefined =>
  scores?.every(Number.isFinite) ? scores : undefined;
