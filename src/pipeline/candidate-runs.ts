import type { Run, ScoredId } from '../core/run.js';
import { columnOf } from '../distill/features/feature-set.js';
import { priorWeights, untrainedPrior } from '../distill/students/prior.js';
import { scoreFeatures } from '../distill/students/scorer.js';
import type { TrainingList } from '../distill/training-list.js';

/** Scores aligned with the candidates as a run; a query without scores keeps its order. */
export function toRun(
  candidates: ReadonlyMap<string, readonly string[]>,
  scoresOf: (queryId: string) => ArrayLike<number> | undefined,
): Run {
  return new Map(
    [...candidates].map(([queryId, ids]): [string, ScoredId[]] => {
      const scores = scoresOf(queryId);
      return [
        queryId,
        ids
          .map((id, index) => ({ id, score: scores ? scores[index]! : -index }))
          .sort((a, b) => b.score - a.score),
      ];
    }),
  );
}

/** The rankings that need no training, of the candidates in the lists: what a gate compares with. */
export function untrainedOf(
  lists: readonly Pick<TrainingList, 'queryId' | 'features'>[],
  candidates: ReadonlyMap<string, readonly string[]>,
  features: { readonly dense: boolean; readonly firstStage: boolean; readonly names: readonly string[] },
): Record<string, Run> {
  const byQuery = new Map(lists.map((list) => [list.queryId, list.features]));
  const column = (name: string): Run => toRun(candidates, (id) => columnOf(byQuery.get(id)!, name));
  const weights = priorWeights(untrainedPrior(features), features.names);
  return {
    'first stage': toRun(candidates, () => undefined),
    bm25: column('bm25'),
    ...(features.dense ? { dense: column('cosine') } : {}),
    fusion: toRun(candidates, (id) => scoreFeatures({ kind: 'linear', weights }, byQuery.get(id)!)),
  };
}

/** Each teacher's order of the candidates that a student sees; what it does not rank comes last, in first-stage order. */
export function overCandidates(
  teachers: Readonly<Record<string, Run>>,
  candidates: ReadonlyMap<string, readonly string[]>,
): Record<string, Run> {
  return Object.fromEntries(
    Object.entries(teachers).map(([name, teacher]) => [
      name,
      toRun(candidates, (queryId) => {
        const rankOf = new Map(teacher.get(queryId)?.map(({ id }, rank) => [id, rank]));
        const all = candidates.get(queryId)!;
        return all.map((id, index) => -(rankOf.get(id) ?? rankOf.size + index));
      }),
    ]),
  );
}
