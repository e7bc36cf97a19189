import fc from 'fast-check';

/** Scores `s` and labels `t` of one list. */
export type Sample = readonly [s: Float64Array, t: Float64Array];

interface SampleShape {
  readonly least?: number;
  readonly most?: number;
  /** Labels all unlike, as a teacher's scores. @default grades 0 to 3, with ties */
  readonly distinct?: boolean;
}

/**
 * Lists whose scores differ by far more than a finite difference's step, so that none swaps two ranks or crosses a kink: the steps
 * between them are no multiples of a label's difference.
 */
export const sampleLists = ({
  least = 1,
  most = 12,
  distinct = false,
}: SampleShape = {}): fc.Arbitrary<Sample> =>
  fc
    .integer({ min: least, max: most })
    .chain((n) =>
      fc.tuple(
        fc.shuffledSubarray([...Array(n).keys()], { minLength: n, maxLength: n }),
        distinct
          ? fc.shuffledSubarray([...Array(n).keys()], { minLength: n, maxLength: n })
          : fc.array(fc.integer({ min: 0, max: 3 }), { minLength: n, maxLength: n }),
        fc.constantFrom(0.0713, 0.3137, 0.7391, 1.6183),
      ),
    )
    .map(
      ([order, labels, step]) =>
        [
          Float64Array.from(order, (x) => x * step - 2.0417),
          Float64Array.from(labels, (x) => (distinct ? x / 3 - 1 : x)),
        ] as const,
    );

/** dL/ds by central differences. */
export function centralDifferences(
  valueAt: (s: Float64Array) => number,
  s: Float64Array,
  h = 1e-5,
): number[] {
  return Array.from(
    s,
    (score, i) => (valueAt(s.with(i, score + h)) - valueAt(s.with(i, score - h))) / (2 * h),
  );
}

/** Both agree to 1e-6 of the larger of 1 and their size. */
export const isNear = (a: number, b: number, tolerance = 1e-6): boolean =>
  Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b));
