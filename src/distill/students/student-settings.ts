import { defaultBoost } from '../trees/boost.js';
import type { LambdaMartSettings } from './lambdamart.js';
import type { LinearSettings } from './linear.js';
import type { MlpSettings } from './mlp.js';
import type { LossSettings } from './open-loss.js';
import type { StudentKind } from './scorer.js';
import { checkTraining, type TrainingSettings } from './training-settings.js';

/** One entry of the grid. */
export type StudentSettings = { readonly temperature?: number } & (
  | ({ readonly kind: 'linear' } & LinearSettings)
  | ({ readonly kind: 'lambdamart' } & LambdaMartSettings)
  | ({ readonly kind: 'mlp' } & MlpSettings)
);

/** The grids: small, since choosing among many settings on a few dozen queries is itself a way to overfit. */
export function defaultSettings(kind: StudentKind, training: TrainingSettings = {}): StudentSettings[] {
  const { curriculum, twoHeads, ...loss } = training;
  checkTraining(kind, training);
  const trees = {
    ...defaultBoost,
    kind: 'lambdamart',
    trees: 200,
    learningRate: 0.05,
    l2: 5,
    featureFraction: 0.5,
    baggingFraction: 0.8,
  } as const;
  const mlp = { kind: 'mlp', ...loss, curriculum, twoHeads, epochs: 60, learningRate: 2e-3 } as const;
  switch (kind) {
    case 'linear':
      return [3, 1, 0.3, 0.1, 0.03, 0.01].map((ridge) => ({ kind, ridge, ...loss }));
    case 'lambdamart':
      return [
        { ...trees, objective: 'kl', leaves: 4 },
        { ...trees, objective: 'lambda-rank', leaves: 4 },
        { ...trees, objective: 'kl', leaves: 8 },
      ];
    case 'mlp':
      return [
        { ...mlp, hidden: [8], weightDecay: 0.5 },
        { ...mlp, hidden: [16], weightDecay: 0.05 },
        { ...mlp, hidden: [16, 8], weightDecay: 0.05 },
      ];
  }
}

/** For instance `ridge 0.1`. */
export function nameOf(settings: StudentSettings): string {
  switch (settings.kind) {
    case 'linear':
      return [`ridge ${settings.ridge}`, ...trainedBy(settings)].join(', ');
    case 'lambdamart':
      return `${settings.objective}, ${settings.leaves} leaves`;
    case 'mlp':
      return [
        settings.hidden.join('-'),
        `weight decay ${settings.weightDecay}`,
        ...trainedBy(settings),
        ...(settings.curriculum ? [settings.curriculum] : []),
        ...(settings.twoHeads ? ['two heads'] : []),
      ].join(', ');
  }
}

const trainedBy = ({ loss, importance }: LossSettings): string[] => [
  ...(loss ? [loss] : []),
  ...(importance ? ['importance'] : []),
];
