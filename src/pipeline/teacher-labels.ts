import { RankforgeError } from '../core/errors.js';
import type { Qrels, Run } from '../core/run.js';
import type { Supervision } from '../distill/losses/loss-mix.js';
import { countMissing, sumScores, teacherScores } from '../distill/teachers/measure-teachers.js';
import { type TeacherWeights, weighTeachers } from '../distill/teachers/weigh-teachers.js';

export interface TeacherLabelsOptions {
  /** By query id, the ids that labels are for. */
  readonly candidates: ReadonlyMap<string, readonly string[]>;
  /** Whether the teachers' scores mean something or only their order. */
  readonly supervision: Exclude<Supervision, 'grades'>;
  /** Judgements that the weights may be fitted on. @default none: all teachers are to count alike */
  readonly qrels?: Qrels;
  readonly seed: number;
}

export interface TeacherLabels {
  readonly labels: ReadonlyMap<string, readonly number[]>;
  readonly weights: TeacherWeights;
  /** By teacher, the share of the candidates that it ranks; the others count as its lowest. */
  readonly covered: Readonly<Record<string, number>>;
}

/**
 * The teachers' z-scores of every query's candidates, added by weight.
 * @throws RankforgeError `too-little-data` for a teacher that ranks none of the candidates
 */
export function teacherLabels(
  teachers: Readonly<Record<string, Run>>,
  { candidates, supervision, qrels, seed }: TeacherLabelsOptions,
): TeacherLabels {
  const total = [...candidates.values()].reduce((sum, ids) => sum + ids.length, 0);
  const covered = Object.fromEntries(
    Object.entries(teachers).map(([name, run]) => [name, 1 - countMissing(run, candidates) / total]),
  );
  const stranger = Object.keys(teachers).find((name) => covered[name] === 0);
  if (stranger !== undefined) {
    throw new RankforgeError('too-little-data', `The teacher "${stranger}" ranks none of the candidates`, {
      where: stranger,
      hint: 'Give a ranking of the passages that the run has, or leave this one out: its ids may be of another corpus.',
    });
  }
  const z = Object.fromEntries(
    Object.entries(teachers).map(([name, run]) => [
      name,
      teacherScores({ run, ranksOnly: supervision === 'ranks' }, candidates),
    ]),
  );
  const weights = weighTeachers({ teachers: z, candidates, qrels, seed });
  const parts = Object.keys(teachers).map((name) => ({ z: z[name]!, weight: weights.weights[name]! }));
  return { labels: sumScores(parts, candidates), weights, covered };
}
