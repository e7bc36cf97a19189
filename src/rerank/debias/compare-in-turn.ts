import type { Passage } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import { addUsage, noUsage, type Usage } from '../../core/usage.js';
import type { Warning } from '../../core/warning.js';
import type { Comparator, CompareOptions, Comparison, ComparisonCost } from '../comparator.js';
import { UnparsedRankingError } from '../parse-ranking.js';

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
  showings: Iterable<Showing>,
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

/** A comparison whose failure tells what was taken before it as well. */
export async function afterTaking(before: Usage, compare: () => Promise<Comparison>): Promise<Comparison> {
  try {
    return await compare();
  } catch (error) {
    if (!(error instanceof UnparsedRankingError)) throw error;
    throw new UnparsedRankingError(error.message, error.reply, {
      usage: addUsage(before, error.usage),
      retryable: error.retryable,
    });
  }
}

/** What several comparisons would cost together. */
export function costInTurn(
  comparator: Pick<Comparator, 'cost'>,
  showings: Iterable<Showing>,
): ComparisonCost {
  let [calls, promptTokens, outputTokens] = [0, 0, 0];
  for (const { query, passages } of showings) {
    const cost = comparator.cost(query, passages);
    calls += cost.calls;
    promptTokens += cost.promptTokens;
    outputTokens += cost.outputTokens;
  }
  return { calls, promptTokens, outputTokens };
}

/** A comparison's scores where each is a finite number: what can be subtracted and averaged. */
export const finiteScores = ({ scores }: Comparison): readonly number[] | undefined =>
  scores?.every(Number.isFinite) ? scores : undefined;
