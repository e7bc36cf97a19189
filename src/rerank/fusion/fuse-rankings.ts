import { RankforgeError } from '../../core/errors.js';
import type { Ranking } from '../../core/ranking.js';
import { addUsage, noUsage } from '../../core/usage.js';
import { packageVersion } from '../../core/version.js';
import { type FusionName, type FusionOptions, fusions } from '../../retrieval/fusion.js';

export interface FuseRankingsOptions extends FusionOptions {
  /** Ranks need no common scale, and a ranking's scores may be no more than its ranks. @default 'reciprocal-rank' */
  readonly fusion?: FusionName;
}

/**
 * Several rankings of one query as one. What they took is added up; they are taken to have been made side by side.
 * Probabilities are left out: a sum of scores has none.
 * @throws RankforgeError `usage` for rankings of other queries, or none
 */
export function fuseRankings(
  rankings: readonly Ranking[],
  { fusion = 'reciprocal-rank', weights }: FuseRankingsOptions = {},
): Ranking {
  const queries = new Set(rankings.map(({ queryId }) => queryId));
  const [queryId] = queries;
  if (queryId === undefined || queries.size > 1) {
    throw new RankforgeError('usage', `Rankings of ${queries.size} queries cannot be fused`, {
      hint: 'Give rankings of one query.',
    });
  }
  const fused = fusions[fusion](
    rankings.map(({ items }) => items),
    { weights },
  );
  return {
    queryId,
    items: fused.map(({ id, score }, index) => ({ id, score, rank: index + 1 })),
    usage: {
      ...addUsage(noUsage, ...rankings.map(({ usage }) => usage)),
      rounds: Math.max(...rankings.map(({ usage }) => usage.rounds)),
    },
    warnings: rankings.flatMap(({ warnings }) => warnings),
    provenance: { packageVersion },
  };
}
