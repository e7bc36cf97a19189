import type { Qrels, Run } from '../core/run.js';
import type { Supervision } from '../distill/losses/loss-mix.js';
import { sumScores, teacherScores } from '../distill/teachers/measure-teachers.js';
import { type TeacherWeights, weighTeachers } from '../distill/teachers/weigh-teachers.js';

export interface TeacherLabelsOptions {
  /** By query id, the ids that labels are for. */
  readonly candidates: ReadonlyMap<string, readonly string[]>;
  /** Whether the teachers' scores mean something or only their order. */
  readonly supervision: Exclude<Supervision, 'grades'>;
  /** Judgements that the weights may be fitted on; without them all teachers count alike. */
  readonly qrels?: Qrels;
  readonly seed: number;
}

/** The teachers' z-scores of every query's candidates, added by weight. */
export function teacherLabels(
  teachers: Readonly<Record<string, Run>>,
  { candidates, supervision, qrels, seed }: TeacherLabelsOptions,
): { readonly labels: ReadonlyMap<string, readonly number[]>; readonly weights: TeacherWeights } {
  const z = Object.fromEntries(
    Object.entries(teachers).map(([name, run]) => [
      name,
      teacherScores({ run, ranksOnly: supervision === 'ranks' }, candidates),
    ]),
  );
  const weights = weighTeachers({ teachers: z, candidates, qrels: qrels ?? new Map(), seed });
  const parts = Object.keys(teachers).map((name) => ({ z: z[name]!, weight: weights.weights[name]! }));
  return { labels: sumScores(parts, candidates), weights };
}
