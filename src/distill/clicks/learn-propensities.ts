import type { JobOptions } from '../../core/progress.js';
import { randomStream, shuffle } from '../../core/random.js';
import { createTurns } from '../../core/turns.js';
import { dot } from '../../core/vectors.js';
import { logSoftmax } from '../losses/softmax.js';
import { createAdamW } from '../students/adam-w.js';
import { fitStandardiser, standardise } from '../students/standardise.js';
import type { TrainingList } from '../training-list.js';
import type { ClickSession } from './click-log.js';

export interface LearnPropensitiesOptions extends JobOptions {
  readonly seed: number;
  /** Passes over the log. @default as many as make 1,500 steps, 3 to 100 */
  readonly epochs?: number;
}

export interface DualLearning {
  /** How likely each position is to be looked at, from the top, against the first, which is 1. */
  readonly propensities: readonly number[];
  /** The ranker that was learnt with them: one weight a feature, on raw features. */
  readonly weights: readonly number[];
}

/** A query's passages, all that were ever shown for it, with their rows by id. */
export interface ClickedList {
  readonly list: TrainingList;
  readonly rows: ReadonlyMap<string, number>;
}

const sessionsPerStep = 64;
const learningRate = 0.03;
// One click far down must not outweigh a thousand others.
const largestWeight = 50;

/**
 * The dual learning algorithm: how clicks fall with the position and what is relevant are learnt together from the log
 * alone, each correcting the other. With q the softmax of a linear ranker over the shown list and p that of one number a
 * position, a click at c adds −(p_1 / p_c) ln q_c to the ranker's loss and −(q_1 / q_c) ln p_c to the positions', the
 * weights held fixed. Both go by Adam.
 * @param lists by query id; sessions of other queries, and those without clicks, teach nothing here
 * @returns propensities for as many positions as any list has; those that were never clicked are small
 * @throws the signal's reason
 * @see Ai et al. 2018, arXiv:1804.05938
 */
export async function learnPropensities(
  lists: ReadonlyMap<string, ClickedList>,
  sessions: readonly ClickSession[],
  { seed, signal, onProgress, ...options }: LearnPropensitiesOptions,
): Promise<DualLearning> {
  const turn = createTurns(signal);
  const clicked = sessions.filter(({ queryId, clicked: at }) => at.length > 0 && lists.has(queryId));
  const epochs =
    options.epochs ?? Math.min(100, Math.max(3, Math.ceil((1500 * sessionsPerStep) / clicked.length)));
  const all = [...lists.values()].map(({ list }) => list);
  const width = all[0]?.features.names.length ?? 0;
  const standard = fitStandardiser(all, width);
  const standardised = new Map(
    all.map(({ queryId, features: { data } }) => [queryId, standardise(data, standard)]),
  );
  const w = new Float64Array(width);
  const g = new Float64Array(sessions.reduce((most, { shown }) => Math.max(most, shown.length), 0));
  const adam = createAdamW([w, g], { learningRate, decays: [1e-3, 0] });
  const order = clicked.map((_, i) => i);
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(order, randomStream(seed, 'dual-learning', epoch));
    for (let from = 0; from < order.length; from += sessionsPerStep) {
      signal?.throwIfAborted();
      await turn();
      const batch = order.slice(from, from + sessionsPerStep);
      const [ofW, ofG] = [new Float64Array(width), new Float64Array(g.length)];
      for (const index of batch) {
        const { queryId, shown, clicked: at } = clicked[index]!;
        const { rows } = lists.get(queryId)!;
        const data = standardised.get(queryId)!;
        const inputs = shown.map((id) => data.subarray(rows.get(id)! * width, (rows.get(id)! + 1) * width));
        const scores = Float64Array.from(inputs, (x) => dot(x, w));
        const q = logSoftmax(scores);
        const p = logSoftmax(g.slice(0, shown.length));
        const ofRanker = weightedGradient(q, p, at);
        const ofPositions = weightedGradient(p, q, at);
        ofRanker.forEach((slope, i) => {
          const x = inputs[i]!;
          for (let k = 0; k < width; k++) ofW[k]! += (slope * x[k]!) / batch.length;
        });
        ofPositions.forEach((slope, i) => {
          ofG[i]! += slope / batch.length;
        });
      }
      const done = (epoch + from / order.length) / epochs;
      adam([ofW, ofG], 0.5 * (1 + Math.cos(Math.PI * done)));
    }
    onProgress?.({ stage: 'position bias', done: epoch + 1, total: epochs, unit: 'items' });
  }
  return {
    propensities: Array.from(g, (value) => Math.exp(value - g[0]!)),
    weights: Array.from(w, (value, k) => value * standard.scale[k]!),
  };
}

/** The gradient of − Σ_c weight_c ln softmax_c, weight_c = e^(other_1 − other_c): both arguments are log-probabilities. */
function weightedGradient(own: Float64Array, other: Float64Array, clicked: readonly number[]): Float64Array {
  const gradient = new Float64Array(own.length);
  for (const c of clicked) {
    const weight = Math.min(largestWeight, Math.exp(other[0]! - other[c]!));
    for (let i = 0; i < own.length; i++) gradient[i]! += weight * Math.exp(own[i]!);
    gradient[c]! -= weight;
  }
  return gradient;
}
