import type { StudentPoint } from '../distill/auto/frontier.js';
import type { GateResult } from '../distill/gate.js';
import { per100 } from '../distill/latency.js';
import type { Interval } from '../evaluate/bootstrap-interval.js';
import type { TrainedStudent } from './train-students.js';

/** A trained student by quality and time; quality is that on held-out training queries until something judged is measured. */
export function pointOf({
  kind,
  heldOut,
  student: { card },
}: Pick<TrainedStudent, 'kind' | 'heldOut' | 'student'>): StudentPoint {
  const { latency } = card;
  return {
    name: kind,
    quality: { mean: heldOut },
    heldOut,
    milliseconds: latency ? per100(latency) : 0,
    ...(latency?.p95 === undefined ? {} : { p95: (latency.p95 * 100) / latency.passages }),
  };
}

/** The same with what judged queries say. */
export const measuredPoint = (point: StudentPoint, quality: Interval, gate?: GateResult): StudentPoint => ({
  ...point,
  quality,
  ...(gate ? { passed: gate.passed } : {}),
});
