import { RankforgeError } from '../core/errors.js';
import type { JobOptions } from '../core/progress.js';
import type { ScoredId } from '../core/run.js';
import type { ClickSession } from '../distill/clicks/click-log.js';
import { clickRates } from '../distill/clicks/click-rates.js';
import { learnPropensities } from '../distill/clicks/learn-propensities.js';
import { withoutOrder } from '../distill/features/feature-set.js';
import type { TrainingList } from '../distill/training-list.js';

/** What was shown for each query, in the order of its mean rank: the candidates that clicks say something of. */
export function shownCandidates(sessions: readonly ClickSession[]): Map<string, ScoredId[]> {
  const places = new Map<string, Map<string, { sum: number; count: number }>>();
  for (const { queryId, shown } of sessions) {
    const own = places.get(queryId) ?? new Map<string, { sum: number; count: number }>();
    places.set(queryId, own);
    for (const [position, id] of shown.entries()) {
      const place = own.get(id) ?? { sum: 0, count: 0 };
      own.set(id, { sum: place.sum + position, count: place.count + 1 });
    }
  }
  return new Map(
    [...places].map(([queryId, own]) => [
      queryId,
      [...own].map(([id, { sum, count }]) => ({ id, score: -sum / count })).sort((a, b) => b.score - a.score),
    ]),
  );
}

export interface ClickLabelsOptions extends JobOptions {
  readonly seed: number;
  /** Known ones, by position; learnt together with a ranker where left out. */
  readonly propensities?: readonly number[];
}

/** Click rates as grades: 3 is a passage that everybody clicks who looks at it. */
const largestGrade = 3;

/**
 * Labels lists with how often their passages were clicked when they were looked at.
 * @param lists with features, rows as `candidates` has them
 * @throws RankforgeError `too-little-data` for a log without clicks
 */
export async function clickLabels(
  lists: readonly TrainingList[],
  candidates: ReadonlyMap<string, readonly string[]>,
  sessions: readonly ClickSession[],
  { propensities: known, ...options }: ClickLabelsOptions,
): Promise<{ readonly lists: TrainingList[]; readonly propensities: readonly number[] }> {
  if (!sessions.some(({ clicked }) => clicked.length > 0)) {
    throw new RankforgeError('too-little-data', 'Nothing was clicked in the whole log', {
      where: `${sessions.length} sessions`,
      hint: 'Give a log in which "clicked" names the ranks that were clicked.',
    });
  }
  const rowsOf = (queryId: string) => new Map(candidates.get(queryId)!.map((id, row) => [id, row]));
  const propensities =
    known ??
    (
      await learnPropensities(
        new Map(
          lists.map((list) => [
            list.queryId,
            // The order of the lists would explain away what the positions did.
            { list: { ...list, features: withoutOrder(list.features) }, rows: rowsOf(list.queryId) },
          ]),
        ),
        sessions,
        options,
      )
    ).propensities;
  const rates = clickRates(sessions, { propensities });
  return {
    propensities,
    lists: lists.map((list) => {
      const own = rates.get(list.queryId)!;
      return {
        ...list,
        labels: Float64Array.from(candidates.get(list.queryId)!, (id) => largestGrade * own.get(id)!),
      };
    }),
  };
}
