import type { Qrels, Run } from '../../core/run.js';

export interface ComparatorNoise {
  /** Standard deviation of the error of one passage's score, in grades: as `noisyComparator` takes it. */
  readonly sd: number;
  /** Pairs of different grade that it was fitted on. */
  readonly pairs: number;
}

const [least, most] = [0.01, 100];

/**
 * How much a comparator errs, from rankings that it made of judged passages in one comparison each (programs `full` and
 * `pointwise`): the deviation of normal noise on the grades under which the orders of its pairs are most likely,
 * P(right) = Φ(Δ / (sd √2)) for a pair whose grades differ by Δ. Passages without a judgement count as grade 0.
 * @returns `sd` between 0.01 (hardly an error) and 100 (no better than chance)
 * @see Thurstone 1927, doi:10.1037/h0070288 (case V)
 */
export function fitComparatorNoise(run: Run, qrels: Qrels): ComparatorNoise {
  // By difference in grades: pairs in the right order, and in the wrong one.
  const counts = new Map<number, { right: number; wrong: number }>();
  for (const [queryId, items] of run) {
    const judged = qrels.get(queryId);
    if (!judged) continue;
    const grades = items.map(({ id }) => judged.get(id) ?? 0);
    for (let above = 0; above < grades.length; above++) {
      for (let below = above + 1; below < grades.length; below++) {
        const difference = grades[above]! - grades[below]!;
        if (difference === 0) continue;
        const count = counts.get(Math.abs(difference)) ?? { right: 0, wrong: 0 };
        if (difference > 0) count.right++;
        else count.wrong++;
        counts.set(Math.abs(difference), count);
      }
    }
  }
  const logLikelihood = (sd: number): number => {
    let sum = 0;
    for (const [difference, { right, wrong }] of counts) {
      const miss = logUpperTail(difference / (sd * Math.SQRT2));
      sum += right * Math.log1p(-Math.exp(miss)) + wrong * miss;
    }
    return sum;
  };
  const pairs = [...counts.values()].reduce((sum, { right, wrong }) => sum + right + wrong, 0);
  return {
    sd: Math.exp(maximise((log) => logLikelihood(Math.exp(log)), Math.log(least), Math.log(most))),
    pairs,
  };
}

/** Golden-section search for the highest point of a function with one hill. */
function maximise(of: (x: number) => number, low: number, high: number): number {
  const golden = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [low, high];
  while (b - a > 1e-4) {
    const [left, right] = [b - golden * (b - a), a + golden * (b - a)];
    if (of(left) >= of(right)) b = right;
    else a = left;
  }
  return (a + b) / 2;
}

/**
 * ln(1 − Φ(x)) for x ≥ 0, in logarithms so that it goes on falling where 1 − Φ(x) is too small for a number.
 * @see Abramowitz & Stegun 1964, 26.2.17 (Φ to 7 decimals)
 */
function logUpperTail(x: number): number {
  const t = 1 / (1 + 0.2316419 * x);
  const tail =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return Math.log(tail) - (x * x + Math.log(2 * Math.PI)) / 2;
}
