import { RankforgeError } from '../../core/errors.js';
import { importanceWeights } from '../curriculum/importance-weights.js';
import type { LossContext } from '../losses/loss.js';
import { type LossMix, parseLossMix } from '../losses/loss-mix.js';
import { ranksOf } from '../losses/ndcg.js';
import { makeObjective, type Objective } from '../losses/objective.js';
import { lossFacts } from '../losses/registry.js';
import type { TrainingList } from '../training-list.js';
import type { Targets } from './targets.js';

/** On DL19's recorded rankings no other loss was clearly better for students of features. */
export const featureLoss = 'kl';

/** What a student that learns by gradients is trained with. */
export interface LossSettings {
  /** One loss or several with weights, for instance `kl:1,mse:0.1`. @default kl */
  readonly loss?: string;
  /** Whether items count by the teacher's rank, 1 + 1/log2(r + 1). @default false */
  readonly importance?: boolean;
}

export interface OpenLoss {
  readonly mix: LossMix;
  readonly objective: Objective;
  /** How a list's items count, where they count unlike. */
  readonly contextOf: (list: number) => LossContext;
}

/**
 * The objective that the settings name, with what it needs of the targets.
 * @throws RankforgeError as `parseLossMix`; `unsupported` for items that count unlike with a loss that has no weights
 */
export function openLoss(
  lists: readonly TrainingList[],
  targets: Targets,
  { loss = featureLoss, importance = false }: LossSettings,
): OpenLoss {
  const mix = parseLossMix(loss);
  const unlike =
    importance || lists.some(({ weights, presence }) => weights !== undefined || presence !== undefined);
  if (unlike) checkWeighted(mix, loss);
  const contextOf = (list: number): LossContext => {
    const { weights, presence } = lists[list]!;
    if (!importance) return { weights, presence };
    const byRank = importanceWeights(ranksOf(targets.logits[list]!));
    return { weights: weights ? byRank.map((one, i) => one * weights[i]!) : byRank, presence };
  };
  return { mix, objective: makeObjective(mix), contextOf };
}

/** @param text the mix as it was given  @throws RankforgeError `unsupported` for a loss that has no weights */
export function checkWeighted(mix: LossMix, text: string): void {
  const deaf = mix.find(({ name }) => !lossFacts[name].weighted && !lossFacts[name].notAlone);
  if (!deaf) return;
  throw new RankforgeError('unsupported', `The loss "${deaf.name}" has no weights for its items`, {
    where: `loss "${text}"`,
    hint: (spell) =>
      `Take a loss that is a sum over items, such as info-nce or list-mle, or leave weights of items (${spell('importance')}, ${spell('falseNegatives', 'weigh')}) out.`,
  });
}
