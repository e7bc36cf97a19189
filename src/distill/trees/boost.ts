import type { BlockStore } from '../../core/block-store.js';
import type { JobOptions } from '../../core/progress.js';
import { type Random, randomStream } from '../../core/random.js';
import { createTurns } from '../../core/turns.js';
import type { Derivatives } from '../losses/lambda-rank.js';
import { type RowMatrix, rowsOf } from './bin-bounds.js';
import { type BinnedFeatures, binFeatures } from './bin-features.js';
import { type GrownTree, growTree, type TreeSettings } from './grow-tree.js';
import { HistogramPool } from './histogram.js';
import { sumTrees, type Tree } from './tree.js';

/**
 * Gradients and second derivatives of one list's scores.
 * @param into where they may be put, in place of arrays of their own
 */
export type TreeObjective = (scores: Float64Array, list: number, into: Derivatives) => Derivatives;

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

/** Lists with as many features each, and the scores that boosting starts from: their rows one after the other. */
export interface RowLists {
  readonly lists: readonly RowMatrix[];
  readonly features: number;
  /** @default 0 */
  readonly initial?: Float64Array;
}

export interface BoostOptions extends Pick<JobOptions, 'signal'> {
  readonly seed: number;
  /** Lists that are not learned from and whose scores are wanted after each tree. */
  readonly held?: RowLists;
  /** Where the bins go, for as long as trees are grown. @default memory */
  readonly store?: BlockStore;
}

/** Trees as they are grown. */
export interface Boosting {
  readonly trees: readonly Tree[];
  /** Of each list that is held out, after the trees that there are. */
  readonly heldScores: readonly Float64Array[];
  /** Grows the next tree. @returns false where there is nothing left to split, now and ever after */
  readonly grow: () => boolean;
}

/**
 * Gradient boosting of regression trees with Newton steps: MART, and with LambdaRank's gradients LambdaMART.
 * The same seed gives the same trees, however many are grown.
 * @throws the signal's reason
 * @see Burges 2010, MSR-TR-2010-82; Friedman 2001, doi:10.1214/aos/1013203451
 */
export async function startBoosting(
  own: RowLists,
  objective: TreeObjective,
  settings: Omit<BoostSettings, 'trees'>,
  { seed, held, store, signal }: BoostOptions,
): Promise<Boosting> {
  const { features } = own;
  const binned = await binFeatures(own.lists, features, { store, turn: createTurns(signal) });
  const { rows } = binned;
  const pool = new HistogramPool(binned);
  const { all: scores, each } = startScores(own);
  const heldLists = held?.lists ?? [];
  const { each: heldScores } = startScores(held ?? { lists: [], features: 0 });
  const gradient = new Float64Array(rows);
  const hessian = new Float64Array(rows);
  const hessians = partsOf(own.lists, hessian);
  const derivatives = partsOf(own.lists, gradient).map((grad, list) => ({ grad, hessian: hessians[list]! }));
  const trees: Tree[] = [];
  const grow = (): boolean => {
    for (const [list, into] of derivatives.entries()) {
      const { grad, hessian: second } = objective(each[list]!, list, into);
      if (grad !== into.grad) into.grad.set(grad);
      if (second !== into.hessian) into.hessian.set(second);
    }
    const random = randomStream(seed, 'boost', trees.length);
    const inTree = sample(rows, settings.baggingFraction, random);
    const allowed = sample(features, settings.featureFraction, random);
    const grown = growTree(binned, { gradient, hessian, rows: inTree, allowed }, pool, settings);
    // Nothing left to split: the next tree would be the same, unless it is shown other rows or features.
    if (grown.tree.feature.length === 0 && settings.baggingFraction === 1 && settings.featureFraction === 1)
      return false;
    trees.push(grown.tree);
    addScores(binned, grown, inTree, scores);
    for (const [list, values] of heldScores.entries()) {
      const { data } = heldLists[list]!;
      for (let row = 0; row < values.length; row++)
        values[row]! += sumTrees([grown.tree], data, row * features);
    }
    return true;
  };
  return { trees, heldScores, grow };
}

/**
 * So many trees, or fewer where nothing is left to split.
 * @throws the signal's reason
 */
export async function boost(
  own: RowLists,
  objective: TreeObjective,
  settings: BoostSettings,
  { seed, store, signal, onProgress }: JobOptions & Pick<BoostOptions, 'seed' | 'store'>,
): Promise<readonly Tree[]> {
  const turn = createTurns(signal);
  const boosting = await startBoosting(own, objective, settings, { seed, store, signal });
  while (boosting.trees.length < settings.trees) {
    signal?.throwIfAborted();
    await turn();
    if (!boosting.grow()) break;
    onProgress?.({ stage: 'trees', done: boosting.trees.length, total: settings.trees, unit: 'items' });
  }
  return boosting.trees;
}

export interface RoundsOptions extends JobOptions {
  /** The most trees. */
  readonly trees: number;
  /** Trees without a new best before it stops. */
  readonly patience: number;
  /** What the scores are worth that are held out, all folds' together; higher is better. */
  readonly measure: () => number;
}

/**
 * How many trees are best for lists that were held out. All folds grow a tree, then the next, and the measure is taken over all of
 * them: a fold alone has too few lists to tell when to stop, and stops at whatever bump it meets first.
 * @returns the best number, and the measure after 0, 1, 2… trees
 * @throws the signal's reason
 */
export async function bestRounds(
  folds: readonly Boosting[],
  { trees, patience, measure, signal, onProgress }: RoundsOptions,
): Promise<{ readonly rounds: number; readonly history: readonly number[] }> {
  const turn = createTurns(signal);
  const history = [measure()];
  let rounds = 0;
  for (let round = 1; round <= trees && round - rounds <= patience; round++) {
    let grown = false;
    for (const fold of folds) {
      signal?.throwIfAborted();
      await turn();
      grown = fold.grow() || grown;
    }
    if (!grown) break;
    history.push(measure());
    if (history.at(-1)! > history[rounds]!) rounds = round;
    onProgress?.({ stage: 'trees', done: round, total: trees, unit: 'items' });
  }
  return { rounds, history };
}

/** One array, and the part of each list in it. */
function startScores({ lists, initial }: RowLists): {
  readonly all: Float64Array;
  readonly each: readonly Float64Array[];
} {
  const all = initial?.slice() ?? new Float64Array(rowsOf(lists));
  return { all, each: partsOf(lists, all) };
}

function partsOf(lists: readonly RowMatrix[], all: Float64Array): readonly Float64Array[] {
  let from = 0;
  return lists.map(({ rows }) => {
    from += rows;
    return all.subarray(from - rows, from);
  });
}

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
  { rows, blocks }: BinnedFeatures,
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
  for (const { from, to, binsOf } of blocks) {
    let bins: readonly Uint8Array[] | undefined;
    for (let row = from; row < to; row++) {
      if (known[row] === 1) continue;
      bins ??= tree.feature.map(binsOf);
      let node = tree.feature.length > 0 ? 0 : -1;
      while (node >= 0) {
        node = bins[node]![row - from]! <= limits[node]! ? tree.left[node]! : tree.right[node]!;
      }
      scores[row]! += tree.leaf[-node - 1]!;
    }
  }
}
