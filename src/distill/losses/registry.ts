import { approxNdcg } from './approx-ndcg.js';
import { binaryCrossEntropy } from './binary-cross-entropy.js';
import { decoupledContrastive } from './decoupled-contrastive.js';
import { decoupledSoftmax } from './decoupled-softmax.js';
import { firstRankNet } from './first-rank-net.js';
import { focal } from './focal.js';
import { groco } from './groco.js';
import { hinge } from './hinge.js';
import { infoNce } from './info-nce.js';
import { irpo } from './irpo.js';
import { klDivergence } from './kl-divergence.js';
import { labelRobust } from './label-robust.js';
import { lambdaRank } from './lambda-rank.js';
import { lipoLambda } from './lipo-lambda.js';
import { listMle } from './list-mle.js';
import { listNet } from './list-net.js';
import type { BatchLossFunction, LossFunction } from './loss.js';
import { mannWhitney } from './mann-whitney.js';
import { marginMse } from './margin-mse.js';
import { meanSquaredError } from './mean-squared-error.js';
import { multiSimilarity } from './multi-similarity.js';
import { ndcgLoss2, ndcgLoss2pp } from './ndcg-loss.js';
import { neuralNdcg } from './neural-ndcg.js';
import { pgRank } from './pg-rank.js';
import { plackettLuceDistillation } from './plackett-luce-distillation.js';
import { positionListMle } from './position-list-mle.js';
import { rankNet } from './rank-net.js';
import { wasserstein } from './wasserstein.js';
import { zLoss } from './z-loss.js';

/** The losses of one list by name, with their default settings. */
export const losses = {
  // Pointwise.
  mse: meanSquaredError,
  bce: binaryCrossEntropy,
  focal,
  // Pairwise.
  'rank-net': rankNet,
  'first-rank-net': firstRankNet,
  'margin-mse': marginMse,
  hinge,
  'lambda-rank': lambdaRank,
  'ndcg-loss2': ndcgLoss2,
  'ndcg-loss2++': ndcgLoss2pp,
  'lipo-lambda': lipoLambda,
  // Listwise.
  kl: klDivergence,
  'list-net': listNet,
  'list-mle': listMle,
  'position-list-mle': positionListMle,
  pld: plackettLuceDistillation,
  irpo,
  'approx-ndcg': approxNdcg,
  'neural-ndcg': neuralNdcg,
  'pg-rank': pgRank,
  // Contrastive.
  'info-nce': infoNce,
  'decoupled-softmax': decoupledSoftmax,
  dcl: decoupledContrastive,
  ldr: labelRobust,
  'multi-similarity': multiSimilarity,
  groco,
  // A regulariser.
  'z-loss': zLoss,
} satisfies Record<string, LossFunction>;

/** The losses of a whole batch by name. */
export const batchLosses = {
  'mann-whitney': mannWhitney,
  wasserstein,
} satisfies Record<string, BatchLossFunction>;

export type LossName = keyof typeof losses | keyof typeof batchLosses;

/**
 * What a loss wants for `t`: logits of the teacher's distribution, grades (0 to 3, any reals), an order (any numbers that rise with
 * it) or probabilities.
 */
export type LossTarget = 'logits' | 'grades' | 'order' | 'probabilities';

export interface LossFacts {
  readonly wants: LossTarget;
  /** Whether it heeds the items' weights. @default false */
  readonly weighted?: boolean;
  /** Why it cannot train alone, where it cannot. */
  readonly notAlone?: string;
}

/** What a trainer must know of each. */
export const lossFacts: Readonly<Record<LossName, LossFacts>> = {
  mse: { wants: 'logits', weighted: true },
  bce: { wants: 'probabilities', weighted: true },
  focal: { wants: 'probabilities', weighted: true },
  'rank-net': { wants: 'order', weighted: true },
  'first-rank-net': { wants: 'order', weighted: true },
  'margin-mse': { wants: 'logits' },
  hinge: { wants: 'logits', weighted: true },
  'lambda-rank': { wants: 'grades' },
  'ndcg-loss2': { wants: 'grades' },
  'ndcg-loss2++': { wants: 'grades' },
  'lipo-lambda': { wants: 'grades' },
  kl: { wants: 'logits' },
  'list-net': { wants: 'logits' },
  'list-mle': { wants: 'order', weighted: true },
  'position-list-mle': { wants: 'order', weighted: true },
  pld: { wants: 'logits', weighted: true },
  irpo: { wants: 'order', weighted: true },
  'approx-ndcg': { wants: 'grades' },
  'neural-ndcg': { wants: 'grades' },
  'pg-rank': { wants: 'grades' },
  'info-nce': { wants: 'grades', weighted: true },
  'decoupled-softmax': { wants: 'grades', weighted: true },
  dcl: {
    wants: 'grades',
    weighted: true,
    notAlone: 'it has no least value, so scores would grow without end',
  },
  ldr: { wants: 'grades', weighted: true },
  'multi-similarity': { wants: 'grades' },
  groco: { wants: 'grades' },
  'z-loss': { wants: 'order', notAlone: 'it looks at no label' },
  'mann-whitney': { wants: 'grades' },
  wasserstein: {
    wants: 'logits',
    notAlone:
      'it does not see which list a prediction belongs to, so it is least for lists that are mixed up as well',
  },
};

export const lossNames = Object.keys(lossFacts) as readonly LossName[];
