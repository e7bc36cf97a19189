import type { Example } from '../core/example.js';
import type { Query } from '../core/query.js';
import type { Qrels } from '../core/run.js';
import type { ForgeContext } from './forge-context.js';

export interface MeasuredQueries {
  readonly queries: readonly Query[];
  readonly qrels: Qrels;
  readonly judgements: 'human' | 'generated';
}

/** Judged queries where there are some; else the validation part of the generated ones, with the judge's grades. */
export async function measuredQueries(
  context: Pick<ForgeContext, 'dataset'>,
  examples: readonly Example[],
): Promise<MeasuredQueries> {
  const { queries, qrels } = await context.dataset();
  if (qrels.size > 0) return { queries: [...queries.values()], qrels, judgements: 'human' };
  const validation = examples.filter(({ split }) => split === 'validation');
  return {
    queries: validation.map(({ query }) => query),
    qrels: new Map(
      validation.map(({ query, passages }) => [
        query.id,
        new Map(passages.map(({ passage, grade }) => [passage.id, grade])),
      ]),
    ),
    judgements: 'generated',
  };
}
