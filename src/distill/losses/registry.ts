import { firstRankNet } from './first-rank-net.js';
import { klDivergence } from './kl-divergence.js';
import { lambdaRank } from './lambda-rank.js';
import { listNet } from './list-net.js';
import type { LossFunction } from './loss.js';
import { marginMse } from './margin-mse.js';
import { meanSquaredError } from './mean-squared-error.js';
import { rankNet } from './rank-net.js';

/** The losses by name, with their default settings. */
export const losses = {
  kl: klDivergence,
  'list-net': listNet,
  'rank-net': rankNet,
  'first-rank-net': firstRankNet,
  'lambda-rank': lambdaRank,
  mse: meanSquaredError,
  'margin-mse': marginMse,
} satisfies Record<string, LossFunction>;
export type LossName = keyof typeof losses;
