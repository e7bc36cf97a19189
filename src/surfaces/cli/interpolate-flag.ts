import { InvalidArgumentError, Option } from 'commander';
import type { Candidates } from '../../core/candidates.js';
import { RankforgeError } from '../../core/errors.js';
import type { Ranking } from '../../core/ranking.js';
import type { Qrels } from '../../core/run.js';
import { tuneInterpolatedReranking } from '../../evaluate/tune/tune-interpolated-reranking.js';
import { interpolateRanking } from '../../rerank/fusion/interpolated-reranker.js';
import type { TunedInterpolation } from '../../retrieval/interpolation.js';

/** A weight, or that it is to be found on judged queries. */
export type InterpolateChoice = number | 'tuned';

export const interpolateFlag = (): Option =>
  new Option(
    '--interpolate <weight>',
    "weight of the reranker's scores beside the first stage's, 0 to 1; tuned finds it on --qrels",
  ).argParser((text): InterpolateChoice => {
    if (text === 'tuned') return text;
    const weight = text.trim() === '' ? Number.NaN : Number(text);
    if (weight >= 0 && weight <= 1) return weight;
    throw new InvalidArgumentError('A number from 0 to 1 is needed, or "tuned".');
  });

/** The weight that was taken, and where it was tuned what it is worth by nDCG@10. */
export type TakenWeight = { readonly weight: number } & Partial<Omit<TunedInterpolation, 'weight'>>;

/**
 * Refuses tuning without judged queries, before anything is asked.
 * @throws RankforgeError `usage`, `too-little-data`
 */
export function checkTunable(
  choice: InterpolateChoice | undefined,
  candidates: readonly Candidates[],
  qrels: Qrels | undefined,
): void {
  if (choice !== 'tuned') return;
  if (!qrels) {
    throw new RankforgeError('usage', 'The weight is to be tuned, and there are no judgements', {
      where: '--interpolate tuned',
      hint: 'Give --qrels, of other queries than those that the result will be judged by; or a weight.',
    });
  }
  const judged = candidates.filter(({ query }) => qrels.has(query.id)).length;
  if (judged >= 2) return;
  throw new RankforgeError('too-little-data', `${judged} judged queries of the run tune no weight`, {
    where: '--interpolate tuned',
    hint: 'Give judgements of at least 2 queries of the run; a few dozen give a weight to rely on.',
  });
}

/** Rankings interpolated with the candidates' own scores, with one weight for all. */
export function interpolateAll(
  candidates: readonly Candidates[],
  rankings: readonly Ranking[],
  { choice, qrels, seed }: { choice: InterpolateChoice; qrels: Qrels | undefined; seed: number },
): { readonly rankings: readonly Ranking[]; readonly taken: TakenWeight } {
  const taken: TakenWeight =
    choice === 'tuned' && qrels
      ? tuneInterpolatedReranking(candidates, rankings, { qrels, seed })
      : { weight: Number(choice) };
  return {
    rankings: rankings.map((ranking, index) => interpolateRanking(candidates[index]!, ranking, taken.weight)),
    taken,
  };
}

/** For people: the weight, and what tuning it was worth. */
export function weightLine({ weight, heldOut, first, second, queries }: TakenWeight): string {
  const line = `interpolated with weight ${weight} of the reranker`;
  if (heldOut === undefined) return `${line}\n`;
  const alone = `first stage alone ${first!.toFixed(3)}, reranker alone ${second!.toFixed(3)}`;
  return `${line}, tuned on ${queries} queries: nDCG@10 ${heldOut.toFixed(3)} where they had no say, ${alone}\n`;
}
