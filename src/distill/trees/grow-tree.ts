import type { BinnedFeatures } from './bin-features.js';
import type { Tree } from './tree.js';

export interface TreeSettings {
  /** Leaves of a tree, at least 2. */
  readonly leaves: number;
  readonly minDataInLeaf: number;
  readonly minHessianInLeaf: number;
  /** L2 on leaf values. */
  readonly l2: number;
  readonly learningRate: number;
}

interface Split {
  readonly gain: number;
  readonly feature: number;
  readonly bin: number;
}

/** Sums of gradient and hessian. */
type Sums = readonly [number, number];

interface Place {
  /** Its rows: `count` of them from `begin`. */
  readonly begin: number;
  readonly count: number;
  /** Where the tree points to it: the parent node and side. */
  readonly parent: number;
  readonly side: 'left' | 'right';
}

interface Leaf extends Place {
  readonly sums: Sums;
  /** Only while it may be split. */
  readonly histogram: Float64Array | undefined;
  readonly split: Split | undefined;
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

export interface GrownTree {
  readonly tree: Tree;
  /** Threshold bins by inner node, to walk binned rows. */
  readonly bins: readonly number[];
}

/**
 * One tree, leaf by leaf: always the split with the largest gain next. The larger child's histogram is the parent's
 * less the smaller one's.
 * gain = G_l²/(H_l + λ) + G_r²/(H_r + λ) − G²/(H + λ); leaf value −G/(H + λ) times the learning rate
 * @param rows the rows to learn from; reordered in place, each leaf's rows end up together
 * @param allowed features that may be split on
 * @see Ke et al. 2017, LightGBM; Shi 2007, Best-first Decision Tree Learning
 */
export function growTree(
  data: BinnedFeatures,
  {
    gradient,
    hessian,
    rows,
    allowed,
  }: {
    readonly gradient: Float64Array;
    readonly hessian: Float64Array;
    readonly rows: Int32Array;
    readonly allowed: Int32Array;
  },
  pool: HistogramPool,
  settings: TreeSettings,
): GrownTree {
  const node = {
    feature: [] as number[],
    bin: [] as number[],
    threshold: [] as number[],
    left: [] as number[],
    right: [] as number[],
  };
  const scratch = new Int32Array(rows.length);
  const splittable = (count: number, weight: number): boolean =>
    count >= 2 * settings.minDataInLeaf && weight >= 2 * settings.minHessianInLeaf;
  const openLeaf = (place: Place, histogram: Float64Array | undefined, sums: Sums): Leaf => {
    const split = histogram && findSplit(data, histogram, place.count, sums, allowed, settings);
    if (histogram && !split) pool.give(histogram);
    return { ...place, sums, histogram: split && histogram, split };
  };

  const first = pool.take();
  const leaves: Leaf[] = [
    openLeaf(
      { begin: 0, count: rows.length, parent: -1, side: 'left' },
      first,
      fillHistogram(data, first, rows, gradient, hessian),
    ),
  ];
  while (leaves.length < settings.leaves) {
    const index = bestLeaf(leaves);
    if (index < 0) break;
    const leaf = leaves[index]!;
    const { feature, bin } = leaf.split!;
    const id = node.feature.length;
    if (leaf.parent >= 0) node[leaf.side][leaf.parent] = id;
    node.feature.push(feature);
    node.bin.push(bin);
    node.threshold.push(data.bounds[feature]![bin]!);
    node.left.push(0);
    node.right.push(0);

    const leftCount = partition(data, rows, leaf, feature, bin, scratch);
    const places: readonly [Place, Place] = [
      { begin: leaf.begin, count: leftCount, parent: id, side: 'left' },
      { begin: leaf.begin + leftCount, count: leaf.count - leftCount, parent: id, side: 'right' },
    ];
    const sides = places.map(({ begin, count }) =>
      sumRows(rows.subarray(begin, begin + count), gradient, hessian),
    ) as [Sums, Sums];
    // Histograms cost the most: none for children that no split will be looked for in.
    const last = leaves.length + 1 === settings.leaves;
    const wanted = places.map(({ count }, side) => !last && splittable(count, sides[side]![1]));
    const histograms: (Float64Array | undefined)[] = [undefined, undefined];
    if (wanted[0] || wanted[1]) {
      const smaller = places[0].count <= places[1].count ? 0 : 1;
      const { begin, count } = places[smaller];
      const small = pool.take();
      fillHistogram(data, small, rows.subarray(begin, begin + count), gradient, hessian);
      const large = leaf.histogram!;
      if (wanted[1 - smaller]) {
        for (let i = 0; i < large.length; i++) large[i]! -= small[i]!;
        histograms[1 - smaller] = large;
      } else pool.give(large);
      if (wanted[smaller]) histograms[smaller] = small;
      else pool.give(small);
    } else pool.give(leaf.histogram!);
    leaves[index] = openLeaf(places[0], histograms[0], sides[0]);
    leaves.push(openLeaf(places[1], histograms[1], sides[1]));
  }
  const values = leaves.map((leaf, index) => {
    if (leaf.parent >= 0) node[leaf.side][leaf.parent] = -index - 1;
    if (leaf.histogram) pool.give(leaf.histogram);
    const [sumGradient, sumHessian] = leaf.sums;
    const weight = sumHessian + settings.l2;
    return weight > 0 ? (-sumGradient / weight) * settings.learningRate : 0;
  });
  const { bin, ...arrays } = node;
  return { tree: { ...arrays, leaf: values }, bins: bin };
}

function bestLeaf(leaves: readonly Leaf[]): number {
  let best = -1;
  for (const [index, { split }] of leaves.entries()) {
    if (split && (best < 0 || split.gain > leaves[best]!.split!.gain)) best = index;
  }
  return best;
}

function fillHistogram(
  data: BinnedFeatures,
  histogram: Float64Array,
  rows: Int32Array,
  gradient: Float64Array,
  hessian: Float64Array,
): Sums {
  const { rowStart, cells, offsets, common, features } = data;
  histogram.fill(0);
  let allGradient = 0;
  let allHessian = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const g = gradient[row]!;
    const h = hessian[row]!;
    allGradient += g;
    allHessian += h;
    const end = rowStart[row + 1]!;
    for (let cell = rowStart[row]!; cell < end; cell++) {
      const at = cells[cell]!;
      histogram[at]! += g;
      histogram[at + 1]! += h;
      histogram[at + 2]!++;
    }
  }
  // What the rows do not hold is in the most frequent bin.
  for (let feature = 0; feature < features; feature++) {
    let g = allGradient;
    let h = allHessian;
    let count = rows.length;
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
  return [allGradient, allHessian];
}

function sumRows(rows: Int32Array, gradient: Float64Array, hessian: Float64Array): Sums {
  let g = 0;
  let h = 0;
  for (let i = 0; i < rows.length; i++) {
    g += gradient[rows[i]!]!;
    h += hessian[rows[i]!]!;
  }
  return [g, h];
}

function findSplit(
  { offsets }: BinnedFeatures,
  histogram: Float64Array,
  count: number,
  [gradient, hessian]: Sums,
  allowed: Int32Array,
  { minDataInLeaf, minHessianInLeaf, l2 }: TreeSettings,
): Split | undefined {
  const own = (gradient * gradient) / (hessian + l2);
  // A gain of rounding errors is none.
  let bestGain = 1e-12;
  let bestFeature = -1;
  let bestBin = 0;
  for (let k = 0; k < allowed.length; k++) {
    const feature = allowed[k]!;
    const start = offsets[feature]!;
    const last = offsets[feature + 1]! - 1;
    let g = 0;
    let h = 0;
    let left = 0;
    for (let cell = start; cell < last; cell++) {
      const inBin = histogram[cell * 3 + 2]!;
      if (inBin === 0) continue;
      g += histogram[cell * 3]!;
      h += histogram[cell * 3 + 1]!;
      left += inBin;
      if (left < minDataInLeaf || h < minHessianInLeaf) continue;
      const restHessian = hessian - h;
      if (count - left < minDataInLeaf || restHessian < minHessianInLeaf) break;
      const rest = gradient - g;
      const gain = (g * g) / (h + l2) + (rest * rest) / (restHessian + l2) - own;
      if (gain > bestGain) {
        bestGain = gain;
        bestFeature = feature;
        bestBin = cell - start;
      }
    }
  }
  return bestFeature < 0 ? undefined : { gain: bestGain, feature: bestFeature, bin: bestBin };
}

/** Puts a leaf's left rows before its right ones, each in their order. @returns how many go left */
function partition(
  { bins, rows: total }: BinnedFeatures,
  rows: Int32Array,
  { begin, count }: Leaf,
  feature: number,
  bin: number,
  scratch: Int32Array,
): number {
  let left = begin;
  let right = 0;
  for (let i = begin; i < begin + count; i++) {
    const row = rows[i]!;
    if (bins[feature * total + row]! <= bin) rows[left++] = row;
    else scratch[right++] = row;
  }
  rows.set(scratch.subarray(0, right), left);
  return left - begin;
}
