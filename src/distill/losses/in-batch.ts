/** One query of a batch and the passages that are listed for it. Aligned. */
export interface InBatchQuery {
  readonly passageIds: readonly string[];
  readonly labels: Float64Array;
}

export interface InBatchList {
  /** All passages of the batch, its own first, each once. */
  readonly passageIds: readonly string[];
  /** Own labels, and for the others the lowest of its own. */
  readonly labels: Float64Array;
  /** Aligned with `passageIds`: whether the passage is listed for this query, or another's. */
  readonly sources: readonly ('own' | 'in-batch')[];
}

/**
 * Lists with in-batch negatives, for students that score any query with any passage of the batch: another query's passages are
 * negatives of this one. A passage that both list keeps its own label, and `isKnown` leaves out those that are known to
 * answer this query too.
 * @param isKnown whether the passage is a positive of the query, by its place in the batch. @default none
 */
export function inBatchLists(
  queries: readonly InBatchQuery[],
  isKnown: (query: number, passageId: string) => boolean = () => false,
): InBatchList[] {
  const all = [...new Set(queries.flatMap(({ passageIds }) => passageIds))];
  return queries.map(({ passageIds, labels }, query) => {
    const own = new Set(passageIds);
    const others = all.filter((id) => !own.has(id) && !isKnown(query, id));
    const lowest = labels.length > 0 ? Math.min(...labels) : 0;
    return {
      passageIds: [...passageIds, ...others],
      labels: Float64Array.from([...labels, ...others.map(() => lowest)]),
      sources: [...passageIds.map(() => 'own' as const), ...others.map(() => 'in-batch' as const)],
    };
  });
}
