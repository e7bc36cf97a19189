import type { Spill } from '../../core/block-store.js';
import { createTurns } from '../../core/turns.js';
import { type LabelKind, learnedPart, type TrainingList } from '../training-list.js';
import { fitLambdaMart, fitLambdaMartFolds } from './lambdamart.js';
import { fitLinear } from './linear.js';
import { fitMlp, fitMlpFolds } from './mlp.js';
import { scalePrior } from './prior.js';
import type { Parameters } from './scorer.js';
import type { StudentSettings } from './student-settings.js';
import { type HeldOut, makeTargets, pickTargets, teaches } from './targets.js';

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
  const learned = learnedFrom(lists, labels);
  const fitOn = async (held: ReadonlySet<number>): Promise<Parameters> => {
    await turn();
    const kept = partOf(learned, (i) => !held.has(i));
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
  const whole = { lists, targets: makeTargets(lists, labels, settings) };
  const learned = learnedFrom(lists, labels, settings);
  const job = { seed, signal };
  const turn = createTurns(signal);
  const parts = await inTurn(folds, async (fold) => {
    await turn();
    const kept = partOf(learned, (i) => !fold.has(i));
    const held = partOf(whole, (i) => fold.has(i));
    return { ...kept, held, prior: scalePrior(prior, kept.lists, kept.targets) };
  });
  const all = partOf(learned, () => true);
  const ofAll = () => scalePrior(prior, all.lists, all.targets);
  switch (settings.kind) {
    case 'linear': {
      const fitOn = (own: HeldOut, start: readonly number[]) =>
        fitLinear(own.lists, own.targets, settings, start, job);
      const byFold = await inTurn(parts, (part) => fitOn(part, part.prior));
      return { byFold, fitAll: () => fitOn(all, ofAll()) };
    }
    case 'lambdamart': {
      const { byFold, rounds } = await fitLambdaMartFolds(parts, settings, { ...job, spill });
      const chosen = { ...settings, trees: rounds };
      return {
        byFold,
        rounds,
        fitAll: () => fitLambdaMart(all.lists, all.targets, chosen, ofAll(), { ...job, spill }),
      };
    }
    case 'mlp': {
      const { byFold, rounds } = await fitMlpFolds(parts, settings, job);
      const chosen = { ...settings, epochs: rounds, horizon: settings.epochs };
      return { byFold, rounds, fitAll: () => fitMlp(all.lists, all.targets, chosen, ofAll(), job) };
    }
  }
}

/**
 * Lists as they are learned from. What is held out is measured whole: without the rows that an untrained ranking put beside the best
 * positive, no student could be better than that ranking.
 */
function learnedFrom(
  lists: readonly TrainingList[],
  labels: LabelKind,
  settings?: { readonly temperature?: number },
): HeldOut {
  const learned = lists.map(learnedPart);
  return { lists: learned, targets: makeTargets(learned, labels, settings) };
}

/** Of the lists that still teach something. */
function partOf({ lists, targets }: HeldOut, isIn: (list: number) => boolean): HeldOut {
  const own = [...lists.keys()].filter((i) => isIn(i) && teaches(lists[i]!));
  return { lists: own.map((i) => lists[i]!), targets: pickTargets(targets, own) };
}

/** One after the other: each has the thread to itself, and the memory. */
async function inTurn<T, U>(items: readonly T[], work: (item: T) => Promise<U>): Promise<U[]> {
  const results: U[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
