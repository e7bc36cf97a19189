import type { Example } from '../core/example.js';
import type { Passage } from '../core/passage.js';
import type { ScoredId } from '../core/run.js';
import type { LabelledCandidates } from '../distill/training-list.js';
import { sourceOf } from './stages/teach.js';

// A query was written about its source, and the judge agreed: one deviation more than the teachers give it.
const sourceBonus = 1;

/**
 * A generated query's candidates with the fused teachers' labels, as students learn from them; with them the hardness that was
 * recorded for the example's own passages, by which curricula go.
 */
export function labelledCandidates(
  example: Example,
  labels: readonly ScoredId[],
  passages: { get(id: string): Passage | undefined },
): LabelledCandidates {
  const source = sourceOf(example);
  const hardness = example.passages.flatMap((one) => one.hardness ?? []);
  return {
    query: example.query,
    passages: labels.map(({ id }) => passages.get(id)!),
    labels: labels.map(({ id, score }) => score + (id === source ? sourceBonus : 0)),
    ...(hardness.length > 0 ? { hardness } : {}),
  };
}
