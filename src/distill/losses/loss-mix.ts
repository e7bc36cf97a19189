import { RankforgeError } from '../../core/errors.js';
import { unknownName } from '../../core/names.js';
import { type LossName, lossFacts, lossNames } from './registry.js';

/** One loss of a mix and how much it weighs. */
export interface LossPart {
  readonly name: LossName;
  /** Above 0. */
  readonly weight: number;
}

/** Losses that are added, at least one that can train alone among them. */
export type LossMix = readonly LossPart[];

/** What the labels are: a teacher's scores, only its order, or grades. */
export type Supervision = 'scores' | 'ranks' | 'grades';

/**
 * What the loss `auto` stands for, and what reads texts is trained with where nobody says: KL with a little MSE, which holds the scale, for scores; IRPO where only ranks are
 * known; LambdaLoss for grades.
 */
export const defaultLosses: Readonly<Record<Supervision, string>> = {
  scores: 'kl:1,mse:0.1',
  ranks: 'irpo',
  grades: 'ndcg-loss2++',
};

/**
 * A mix as text, for instance `kl:1,mse:0.1`; a name alone weighs 1.
 * @throws RankforgeError `unknown-name` with the nearest loss; `usage` for an empty mix, a weight that is not above 0, a loss given
 * twice, or losses none of which can train alone
 */
export function parseLossMix(text: string): LossMix {
  const parts = text.split(',').map((part) => parsePart(part.trim(), text));
  const twice = parts.find(({ name }, i) => parts.findIndex((other) => other.name === name) < i);
  if (twice)
    throw badMix(text, `The loss "${twice.name}" is there twice`, 'Give each loss once, with one weight.');
  const [first] = parts;
  const reason = first && lossFacts[first.name].notAlone;
  if (reason && parts.every(({ name }) => lossFacts[name].notAlone)) {
    throw badMix(
      text,
      `The loss "${first.name}" cannot train alone: ${reason}`,
      `Add one that can, for instance "kl:1,${first.name}:0.1".`,
    );
  }
  return parts;
}

function parsePart(part: string, text: string): LossPart {
  const [name = '', weight, ...more] = part.split(':').map((one) => one.trim());
  if (name === '') throw badMix(text, 'A loss has no name', 'Write losses as "kl:1,mse:0.1".');
  if (!isLossName(name)) throw unknownName(name, lossNames, 'loss');
  const value = weight === undefined ? 1 : weight === '' ? Number.NaN : Number(weight);
  if (more.length > 0 || !Number.isFinite(value) || value <= 0) {
    throw badMix(
      text,
      `The weight of the loss "${name}" is "${[weight, ...more].join(':')}"`,
      'Give a number above 0 after the colon, as in "kl:1,mse:0.1".',
    );
  }
  return { name, weight: value };
}

const isLossName = (name: string): name is LossName => Object.hasOwn(lossFacts, name);

const badMix = (text: string, message: string, hint: string): RankforgeError =>
  new RankforgeError('usage', message, { where: `loss "${text}"`, hint });

/** The mix as text again: weights of 1 are left out. */
export const formatLossMix = (mix: LossMix): string =>
  mix.map(({ name, weight }) => (weight === 1 ? name : `${name}:${weight}`)).join(',');
