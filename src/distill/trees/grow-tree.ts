import type { BinnedFeatures } from './bin-features.js';
import { findSplit, type Split, type SplitSettings } from './find-split.js';
import { fillHistogram, type HistogramPool, type RowSums, subtractHistogram } from './histogram.js';
import type { Tree } from './tree.js';

export interface TreeSettings extends SplitSettings {
  /** Leaves of a tree, at least 2. */
  readonly leaves: number;
  readonly learningRate: number;
}

interface Leaf extends RowSums {
  /** Its rows: `count` of them from `begin`. */
  readonly begin: number;
  /** Where the tree points to it: the parent node and side. */
  readonly parent: number;
  readonly side: 'left' | 'right';
  /** Its best split, where there is one, and the histogram that its children need. */
  next?: { readonly split: Split; readonly histogram: Float64Array };
}

export interface GrownTree {
  readonly tree: Tree;
  /** Threshold bins by inner node, to walk binned rows. */
  readonly bins: readonly number[];
  /** Where each leaf's rows begin among the rows that it was grown on, and how many they are. */
  readonly leafRows: readonly Pick<Leaf, 'begin' | 'count'>[];
}

/** What a tree learns from. */
export interface TreeRows {
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
  /** The rows to learn from, rising; reordered in place, each leaf's rows end up together. */
  readonly rows: Int32Array;
  /** Features that may be split on. */
  readonly allowed: Int32Array;
}

/**
 * One tree, leaf by leaf: always the split with the largest gain next. The larger child's histogram is the parent's
 * less the smaller one's.
 * leaf value = −G/(H + λ) times the learning rate
 * @see Ke et al. 2017, LightGBM; Shi 2007, Best-first Decision Tree Learning
 */
export function growTree(
  data: BinnedFeatures,
  { gradient, hessian, rows, allowed }: TreeRows,
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
  const rowsOf = ({ begin, count }: Pick<Leaf, 'begin' | 'count'>): Int32Array =>
    rows.subarray(begin, begin + count);
  const leafOf = (place: Pick<Leaf, 'begin' | 'count' | 'parent' | 'side'>): Leaf => ({
    ...place,
    ...sumRows(rowsOf(place), gradient, hessian),
  });
  const mayDivide = ({ count, hessian: weight }: Leaf): boolean =>
    count >= 2 * settings.minDataInLeaf && weight >= 2 * settings.minHessianInLeaf;
  const fill = (leaf: Leaf, histogram: Float64Array, features: Int32Array): void =>
    fillHistogram(data, histogram, features, { rows: rowsOf(leaf), gradient, hessian }, leaf);
  /** Looks for a leaf's split; a histogram that it cannot use goes back to the pool. */
  const open = (leaf: Leaf, histogram: Float64Array, features: Int32Array): void => {
    const split = mayDivide(leaf) ? findSplit(data, histogram, features, leaf, settings) : undefined;
    if (split) leaf.next = { split, histogram };
    else pool.give(histogram);
  };

  const root = leafOf({ begin: 0, count: rows.length, parent: -1, side: 'left' });
  const leaves = [root];
  const whole = pool.take();
  fill(root, whole, allowed);
  open(root, whole, allowed);
  while (leaves.length < settings.leaves) {
    const index = bestLeaf(leaves);
    if (index < 0) break;
    const leaf = leaves[index]!;
    const { histogram, split } = leaf.next!;
    const { feature, bin, features } = split;
    const id = node.feature.length;
    if (leaf.parent >= 0) node[leaf.side][leaf.parent] = id;
    node.feature.push(feature);
    node.bin.push(bin);
    node.threshold.push(data.bounds[feature]![bin]!);
    node.left.push(0);
    node.right.push(0);

    const count = partition(data, rowsOf(leaf), feature, bin, scratch);
    const left = leafOf({ begin: leaf.begin, count, parent: id, side: 'left' });
    const right = leafOf({
      begin: leaf.begin + count,
      count: leaf.count - count,
      parent: id,
      side: 'right',
    });
    leaves[index] = left;
    leaves.push(right);
    // Histograms cost the most: none for children that no split will be looked for in.
    if (leaves.length === settings.leaves || !(mayDivide(left) || mayDivide(right))) {
      pool.give(histogram);
      continue;
    }
    const [small, large] = left.count <= right.count ? [left, right] : [right, left];
    const smaller = pool.take();
    fill(small, smaller, features);
    if (mayDivide(large)) subtractHistogram(data, histogram, smaller, features);
    open(small, smaller, features);
    open(large, histogram, features);
  }
  const values = leaves.map((leaf, index) => {
    if (leaf.parent >= 0) node[leaf.side][leaf.parent] = -index - 1;
    if (leaf.next) pool.give(leaf.next.histogram);
    const weight = leaf.hessian + settings.l2;
    return weight > 0 ? (-leaf.gradient / weight) * settings.learningRate : 0;
  });
  const { bin, ...arrays } = node;
  return { tree: { ...arrays, leaf: values }, bins: bin, leafRows: leaves };
}

function bestLeaf(leaves: readonly Leaf[]): number {
  let best = -1;
  let most = 0;
  for (const [index, { next }] of leaves.entries()) {
    const gain = next?.split.gain ?? 0;
    if (gain > most) [best, most] = [index, gain];
  }
  return best;
}

function sumRows(
  rows: Int32Array,
  gradient: Float64Array,
  hessian: Float64Array,
): Pick<RowSums, 'gradient' | 'hessian'> {
  let g = 0;
  let h = 0;
  for (let i = 0; i < rows.length; i++) {
    g += gradient[rows[i]!]!;
    h += hessian[rows[i]!]!;
  }
  return { gradient: g, hessian: h };
}

/** Puts the rows that go left before the others, each in their order. @param rows rising @returns how many go left */
function partition(
  { blocks }: BinnedFeatures,
  rows: Int32Array,
  feature: number,
  bin: number,
  scratch: Int32Array,
): number {
  let left = 0;
  let right = 0;
  let i = 0;
  for (const block of blocks) {
    const end = block.endIn(rows, i);
    if (i === end) continue;
    const { from } = block;
    const bins = block.binsOf(feature);
    for (; i < end; i++) {
      const row = rows[i]!;
      if (bins[row - from]! <= bin) rows[left++] = row;
      else scratch[right++] = row;
    }
  }
  rows.set(scratch.subarray(0, right), left);
  return left;
}
