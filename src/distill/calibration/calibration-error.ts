import { quantile } from '../../core/quantile.js';
import { randomStream } from '../../core/random.js';
import { normalQuantile } from '../../evaluate/design-based/normal-quantile.js';
import type { HeldOutList } from '../../rerank/calibration/calibrate.js';
import { meanAndError } from '../teachers/measure-teachers.js';

export interface CalibrationErrorOptions {
  readonly seed: number;
  /** Bins of equally many passages. @default 10 */
  readonly bins?: number;
  /** Resamples. @default 1000 */
  readonly samples?: number;
  /** @default 0.95 */
  readonly level?: number;
}

/** How far probabilities are off, 0 to 1. */
export interface CalibrationError {
  /** Less what chance alone adds. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** As it is usually computed: never 0, however good the probabilities are. */
  readonly plain: number;
  readonly bins: number;
}

/**
 * Expected calibration error over bins of equally many passages, with an interval from resampled queries. Each bin's gap between
 * foretold and found holds noise, which only ever adds; resampling adds about as much again, and that is taken off the value.
 * The interval keeps its level where the error is 0, as percentiles do not: the error is a norm of the gaps, so the truth is no
 * further below the plain value than the gaps themselves are off. It is therefore wide, and holds the truth more often than asked.
 * @returns undefined for fewer than 2 queries or without passages
 * @see Nixon et al. 2019, arXiv:1904.01685 (equal masses); Roelofs et al. 2022, arXiv:2012.08668 (the bias)
 */
export function calibrationError(
  lists: readonly HeldOutList[],
  { seed, bins = 10, samples = 1000, level = 0.95 }: CalibrationErrorOptions,
): CalibrationError | undefined {
  const all = lists.flatMap(({ probabilities }) => probabilities).sort((a, b) => a - b);
  if (lists.length < 2 || all.length === 0) return undefined;
  // Equal probabilities, as isotonic steps give, stay in one bin.
  const edges = [
    ...new Set(Array.from({ length: bins - 1 }, (_, b) => all[Math.floor((all.length * (b + 1)) / bins)]!)),
  ];
  const gaps = lists.map((list) => gapsOf(list, edges));
  const meanGaps = (draw: (index: number) => Float64Array): Float64Array => {
    const sums = new Float64Array(edges.length + 2);
    for (let i = 0; i < gaps.length; i++) {
      const row = draw(i);
      for (let k = 0; k < sums.length; k++) sums[k]! += row[k]!;
    }
    const count = Math.max(1, sums[edges.length + 1]!);
    return sums.subarray(0, edges.length + 1).map((sum) => sum / count);
  };
  const own = meanGaps((i) => gaps[i]!);
  const plain = norm(own);
  const random = randomStream(seed, 'calibration-error');
  const drawn = Array.from({ length: samples }, () => {
    const gap = meanGaps(() => gaps[random.int(gaps.length)]!);
    return { error: norm(gap), off: norm(gap.map((value, bin) => value - own[bin]!)) };
  });
  const tail = (1 - level) / 2;
  const off = Float64Array.from(drawn, (one) => one.off).sort();
  const { mean, error } = meanAndError(drawn.map((one) => one.error));
  const deviation = error * Math.sqrt(samples);
  return {
    value: Math.min(1, Math.max(0, 2 * plain - mean)),
    low: Math.max(0, plain - quantile(off, 1 - tail)),
    high: Math.min(1, plain - normalQuantile(tail) * deviation),
    plain,
    bins: edges.length + 1,
  };
}

const norm = (gaps: Float64Array): number => gaps.reduce((sum, gap) => sum + Math.abs(gap), 0);

/** By bin the sum of foretold less found, and last the number of passages. */
function gapsOf({ probabilities, relevant }: HeldOutList, edges: readonly number[]): Float64Array {
  const row = new Float64Array(edges.length + 2);
  for (const [i, probability] of probabilities.entries()) {
    const bin = edges.findIndex((edge) => probability < edge);
    row[bin < 0 ? edges.length : bin]! += probability - (relevant[i] ? 1 : 0);
  }
  row[edges.length + 1] = probabilities.length;
  return row;
}
