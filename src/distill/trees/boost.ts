import type { JobOptions } from '../../core/progress.js';
import { type Random, randomStream } from '../../core/random.js';
import type { LambdaLoss } from '../losses/lambda-rank.js';
import { type BinnedFeatures, binFeatures } from './bin-features.js';
import { type GrownTree, growTree, type TreeSettings } from './grow-tree.js';
import { HistogramPool } from './histogram.js';
import { sumTrees, type Tree } from './tree.js';

/** Gradients and second derivatives of one list's scores. */
export type TreeObjective = (scores: Float64Array, list: number) => LambdaLoss;

export interface BoostSettings extends TreeSettings {
  readonly trees: number;
  /** Share of the features that each tree may use, (0, 1]. */
  readonly featureFraction: number;
  /** Share of the rows that each tree learns from, (0, 1]. */
  readonly baggingFraction: number;
}

export const defaultBoost: BoostSettings = {
  trees: 100,
  leaves: 31,
  learningRate: 0.1,
  minDataInLeaf: 20,
  minHessianInLeaf: 1e-3,
  l2: 0,
  featureFraction: 1,
  baggingFraction: 1,
};

/** Lists one after the other: rows `starts[i]` to `starts[i + 1]` are list i. */
export interface RowLists {
  readonly data: Float64Array;
  readonly features: number;
  readonly starts: Int32Array;
  /** Scores that boosting starts from. @default 0 */
  readonly initial?: Float64Array;
}

export interface BoostOptions extends JobOptions {
  readonly seed: number;
  /** Lists held out, and what their scores are worth (higher is better): training stops when it no longer grows. */
  readonly validation?: {
    readonly lists: RowLists;
    readonly measure: (scores: Float64Array) => number;
    /** Trees without a new best before it stops. */
    readonly patience: number;
  };
}

export interface Boosted {
  /** Cut after the best one on the validation lists, where there are any. */
  readonly trees: readonly Tree[];
  /** The measure after 0, 1, 2… trees. */
  readonly history: readonly number[];
}

/**
 * Gradient boosting of regression trees with Newton steps: MART, and with LambdaRank's gradients LambdaMART.
 * The same seed gives the same trees.
 * @see Burges 2010, MSR-TR-2010-82; Friedman 2001, doi:10.1214/aos/1013203451
 */
export function boost(
  lists: RowLists,
  objective: TreeObjective,
  settings: BoostSettings,
  { seed, validation, signal, onProgress }: BoostOptions,
): Boosted {
  const rows = lists.starts.at(-1) ?? 0;
  const binned = binFeatures(lists.data, rows, lists.features);
  const pool = new HistogramPool(binned);
  const scores = lists.initial?.slice() ?? new Float64Array(rows);
  const gradient = new Float64Array(rows);
  const hessian = new Float64Array(rows);
  const held = validation ? startScores(validation.lists) : new Float64Array();
  const history = validation ? [validation.measure(held)] : [];
  const trees: Tree[] = [];
  let best = 0;
  for (let round = 0; round < settings.trees; round++) {
    signal?.throwIfAborted();
    for (let list = 0; list + 1 < lists.starts.length; list++) {
      const from = lists.starts[list]!;
      const result = objective(scores.subarray(from, lists.starts[list + 1]!), list);
      gradient.set(result.grad, from);
      hessian.set(result.hessian, from);
    }
    const random = randomStream(seed, 'boost', round);
    const inTree = sample(rows, settings.baggingFraction, random);
    const allowed = sample(lists.features, settings.featureFraction, random);
    const grown = growTree(binned, { gradient, hessian, rows: inTree, allowed }, pool, settings);
    // Nothing left to split: the next tree would be the same, unless it is shown other rows or features.
    if (grown.tree.feature.length === 0 && settings.baggingFraction === 1 && settings.featureFraction === 1)
      break;
    trees.push(grown.tree);
    addScores(binned, grown, inTree, scores);
    onProgress?.({ stage: 'trees', done: round + 1, total: settings.trees, unit: 'items' });
    if (!validation) continue;
    for (let row = 0; row < held.length; row++) {
      held[row]! += sumTrees([grown.tree], validation.lists.data, row * lists.features);
    }
    history.push(validation.measure(held));
    if (history.at(-1)! > history[best]!) best = trees.length;
    if (trees.length - best >= validation.patience) break;
  }
  return { trees: validation ? trees.slice(0, best) : trees, history };
}

const startScores = ({ starts, initial }: RowLists): Float64Array =>
  initial?.slice() ?? new Float64Array(starts.at(-1) ?? 0);

function sample(count: number, share: number, random: Random): Int32Array {
  const wanted = Math.max(1, Math.round(count * share));
  if (wanted >= count) return Int32Array.from({ length: count }, (_, i) => i);
  const chosen = new Int32Array(wanted);
  // Selection sampling (Knuth 3.4.2 S): in order, each subset equally likely.
  let taken = 0;
  for (let i = 0; i < count && taken < wanted; i++) {
    if (random.next() * (count - i) < wanted - taken) chosen[taken++] = i;
  }
  return chosen;
}

/** Adds a tree to the scores of all rows. @param inTree the rows that it was grown on, as it left them */
function addScores(
  { rows, bins }: BinnedFeatures,
  { tree, bins: limits, leafRows }: GrownTree,
  inTree: Int32Array,
  scores: Float64Array,
): void {
  const known = new Uint8Array(rows);
  for (const [leaf, { begin, count }] of leafRows.entries()) {
    for (let i = begin; i < begin + count; i++) {
      scores[inTree[i]!]! += tree.leaf[leaf]!;
      known[inTree[i]!] = 1;
    }
  }
  for (let row = 0; row < rows; row++) {
    if (known[row] === 1) continue;
    let node = tree.feature.length > 0 ? 0 : -1;
    while (node >= 0) {
      node = bins[tree.feature[node]! * rows + row]! <= limits[node]! ? tree.left[node]! : tree.right[node]!;
    }
    scores[row]! += tree.leaf[-node - 1]!;
  }
}
