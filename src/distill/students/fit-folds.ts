import type { Spill } from '../../core/block-store.js';
import { createTurns } from '../../core/turns.js';
import type { LabelKind, TrainingList } from '../training-list.js';
import { fitLambdaMart, fitLambdaMartFolds } from './lambdamart.js';
import { fitLinear } from './linear.js';
import { fitMlp, fitMlpFolds } from './mlp.js';
import { scalePrior } from './prior.js';
import type { Parameters } from './scorer.js';
import type { StudentSettings } from './student-settings.js';
import { type HeldOut, makeTargets, pickTargets, type Targets } from './targets.js';

/** One entry of the grid on every fold. */
export interface Fitted {
  /** Without each fold in turn. */
  readonly byFold: readonly Parameters[];
  /** On all lists, for as many rounds. */
  readonly fitAll: () => Promise<Parameters>;
  /** Trees or epochs. */
  readonly rounds?: number;
}

/** Lists by number, each in one fold. */
export type Folds = readonly ReadonlySet<number>[];

export interface FitOptions {
  readonly labels: LabelKind;
  readonly seed: number;
  /** Where goes what is too large for memory. @default memory */
  readonly spill?: Spill;
  readonly signal?: AbortSignal;
}

/** The prior alone, at the scale that fits the labels: calibration needs held-out scores on the student's own scale. */
export async function fitPrior(
  lists: readonly TrainingList[],
  folds: Folds,
  prior: readonly number[],
  { labels, signal }: FitOptions,
): Promise<Fitted> {
  const turn = createTurns(signal);
  const targets = makeTargets(lists, labels);
  const fitOn = async (held: ReadonlySet<number>): Promise<Parameters> => {
    await turn();
    const kept = partOf(lists, targets, (i) => !held.has(i));
    return { kind: 'linear', weights: scalePrior(prior, kept.lists, kept.targets) };
  };
  return { byFold: await inTurn(folds, fitOn), fitAll: () => fitOn(new Set()) };
}

/**
 * One entry of the grid. Rounds are those that are best on what is held out, over all folds, and each fold is then scored at them:
 * stopped on the very fold that is scored, the trained ones would be flattered.
 */
export async function fitFolds(
  lists: readonly TrainingList[],
  folds: Folds,
  settings: StudentSettings,
  prior: readonly number[],
  { labels, seed, spill, signal }: FitOptions,
): Promise<Fitted> {
  const targets = makeTargets(lists, labels, settings);
  const job = { seed, signal };
  const turn = createTurns(signal);
  const parts = await inTurn(folds, async (fold) => {
    await turn();
    const kept = partOf(lists, targets, (i) => !fold.has(i));
    const held = partOf(lists, targets, (i) => fold.has(i));
    return { ...kept, held, prior: scalePrior(prior, kept.lists, kept.targets) };
  });
  const ofAll = () => scalePrior(prior, lists, targets);
  switch (settings.kind) {
    case 'linear': {
      const fitOn = (own: HeldOut, start: readonly number[]) =>
        fitLinear(own.lists, own.targets, settings, start, job);
      const byFold = await inTurn(parts, (part) => fitOn(part, part.prior));
      return { byFold, fitAll: () => fitOn({ lists, targets }, ofAll()) };
    }
    case 'lambdamart': {
      const { byFold, rounds } = await fitLambdaMartFolds(parts, settings, { ...job, spill });
      const chosen = { ...settings, trees: rounds };
      return {
        byFold,
        rounds,
        fitAll: () => fitLambdaMart(lists, targets, chosen, ofAll(), { ...job, spill }),
      };
    }
    case 'mlp': {
      const { byFold, rounds } = await fitMlpFolds(parts, settings, job);
      const chosen = { ...settings, epochs: rounds, horizon: settings.epochs };
      return { byFold, rounds, fitAll: () => fitMlp(lists, targets, chosen, ofAll(), job) };
    }
  }
}

function partOf(lists: readonly TrainingList[], targets: Targets, isIn: (list: number) => boolean): HeldOut {
  const own = [...lists.keys()].filter(isIn);
  return { lists: own.map((i) => lists[i]!), targets: pickTargets(targets, own) };
}

/** One after the other: each has the thread to itself, and the memory. */
async function inTurn<T, U>(items: readonly T[], work: (item: T) => Promise<U>): Promise<U[]> {
  const results: U[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
