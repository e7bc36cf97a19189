import { RankforgeError } from '../core/errors.js';
import type { JobOptions } from '../core/progress.js';
import type { Qrels, Run } from '../core/run.js';
import type { GateResult } from '../distill/gate.js';
import { compareExtrapolated } from '../distill/gate-comparisons.js';
import { type ClusterFolds, noUnseenSubjects } from '../distill/splits/cluster-folds.js';
import { extrapolate } from '../distill/splits/extrapolate.js';
import { toRun } from './candidate-runs.js';
import type { TrainedStudent } from './train-students.js';

export interface UnseenOptions extends JobOptions, ClusterFolds {
  readonly gate: GateResult;
  /** Of the gate: what it decided on, the student's ranking and those that need no training. */
  readonly qrels: Qrels;
  readonly student: Run;
  readonly untrained: Readonly<Record<string, Run>>;
  /** By query id, the ids of the candidates. */
  readonly candidates: ReadonlyMap<string, readonly string[]>;
  readonly seed: number;
}

/** What goes into a gate's result besides: the student's worth on subjects that it was not trained on, or why it is not known. */
export async function measureUnseen(
  trained: TrainedStudent,
  { gate, qrels, student, untrained, candidates, seed, clusters, folds, ...job }: UnseenOptions,
): Promise<Pick<GateResult, 'extrapolation' | 'notes'>> {
  const without = (why: string) => ({ notes: [...(gate.notes ?? []), why] });
  // What reads texts is not trained again for this: it would take as long as all its folds.
  if (!trained.options) return without(noUnseenSubjects.reader);
  if (folds.length === 0) return without(noUnseenSubjects.oneSubject);
  let scores: ReadonlyMap<string, Float64Array>;
  try {
    scores = await extrapolate(trained.lists, trained.ranked, folds, { ...trained.options, ...job });
  } catch (error) {
    if (error instanceof RankforgeError && error.code === 'too-little-data')
      return without(noUnseenSubjects.tooFew);
    throw error;
  }
  const run = new Map([...toRun(candidates, (id) => scores.get(id))].filter(([id]) => scores.has(id)));
  const baseline = untrained[gate.baseline]!;
  const extrapolation = compareExtrapolated(
    { run, clusters, folds: folds.length },
    { student, baseline, qrels, measure: gate.measure, seed },
  );
  return { extrapolation, notes: gate.notes };
}
