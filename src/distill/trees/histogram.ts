import type { BinnedFeatures } from './bin-features.js';

/** What the rows of a leaf add up to. */
export interface RowSums {
  readonly count: number;
  readonly gradient: number;
  readonly hessian: number;
}

/** Room for histograms, kept from tree to tree: three numbers a cell (gradient, hessian, count). */
export class HistogramPool {
  readonly #free: Float64Array[] = [];
  readonly #length: number;

  constructor({ offsets, features }: BinnedFeatures) {
    this.#length = offsets[features]! * 3;
  }

  take(): Float64Array {
    return this.#free.pop() ?? new Float64Array(this.#length);
  }

  give(histogram: Float64Array): void {
    this.#free.push(histogram);
  }
}

/**
 * Adds a leaf's rows up by bin of each wanted feature; the cells of other features then hold anything.
 * @param rows rising  @param sums of the same rows
 */
export function fillHistogram(
  { blocks, offsets, common }: BinnedFeatures,
  histogram: Float64Array,
  features: Int32Array,
  {
    rows,
    gradient,
    hessian,
  }: { readonly rows: Int32Array; readonly gradient: Float64Array; readonly hessian: Float64Array },
  sums: RowSums,
): void {
  for (let k = 0; k < features.length; k++) {
    const feature = features[k]!;
    histogram.fill(0, offsets[feature]! * 3, offsets[feature + 1]! * 3);
  }
  let i = 0;
  for (const block of blocks) {
    const stop = block.endIn(rows, i);
    if (i === stop) continue;
    const { from } = block;
    const { starts, cells } = block.cells();
    for (; i < stop; i++) {
      const row = rows[i]!;
      const g = gradient[row]!;
      const h = hessian[row]!;
      const end = starts[row - from + 1]!;
      let cell = starts[row - from]!;
      // Four at a time: this is the innermost loop of training, and takes a third less so.
      for (; cell + 3 < end; cell += 4) {
        addRow(histogram, cells[cell]!, g, h);
        addRow(histogram, cells[cell + 1]!, g, h);
        addRow(histogram, cells[cell + 2]!, g, h);
        addRow(histogram, cells[cell + 3]!, g, h);
      }
      for (; cell < end; cell++) addRow(histogram, cells[cell]!, g, h);
    }
  }
  // What the rows do not hold is in the most frequent bin.
  for (let k = 0; k < features.length; k++) {
    const feature = features[k]!;
    let { gradient: g, hessian: h, count } = sums;
    const end = offsets[feature + 1]! * 3;
    for (let at = offsets[feature]! * 3; at < end; at += 3) {
      g -= histogram[at]!;
      h -= histogram[at + 1]!;
      count -= histogram[at + 2]!;
    }
    const at = (offsets[feature]! + common[feature]!) * 3;
    histogram[at] = g;
    histogram[at + 1] = h;
    histogram[at + 2] = count;
  }
}

function addRow(histogram: Float64Array, at: number, gradient: number, hessian: number): void {
  histogram[at]! += gradient;
  histogram[at + 1]! += hessian;
  histogram[at + 2]!++;
}

/** Turns the wanted features of a leaf's histogram into those of its larger child, given the smaller one's. */
export function subtractHistogram(
  { offsets }: BinnedFeatures,
  histogram: Float64Array,
  smaller: Float64Array,
  features: Int32Array,
): void {
  for (let k = 0; k < features.length; k++) {
    const end = offsets[features[k]! + 1]! * 3;
    for (let at = offsets[features[k]!]! * 3; at < end; at += 3) {
      histogram[at]! -= smaller[at]!;
      histogram[at + 1]! -= smaller[at + 1]!;
      histogram[at + 2]! -= smaller[at + 2]!;
    }
  }
}
