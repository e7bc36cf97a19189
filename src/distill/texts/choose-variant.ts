import { mean } from '../../core/vectors.js';
import { beatsPrior } from '../students/beats-prior.js';
import { listGains, meanGain } from '../students/targets.js';
import type { Selection } from '../train-student.js';
import type { EpochScores } from './run-record.js';

/** A training that held some lists out. */
export interface HeldOutRun {
  /** The lists that were held out. */
  readonly lists: readonly number[];
  /** Their scores by epoch. */
  readonly scores: ReadonlyMap<number, EpochScores>;
}

/** What a student may consist of. */
interface Variant {
  readonly name: string;
  /** The last weights or the mean of the last checkpoints; nothing where the prior stands alone. */
  readonly network: keyof EpochScores | undefined;
  /** Whether the prior's score is added. */
  readonly prior: boolean;
  /** Of each list, by a student that did not learn from it. */
  readonly scores: readonly Float64Array[];
}

export interface Choice {
  readonly best: Variant;
  readonly selection: readonly Selection[];
  /** Epochs. */
  readonly rounds: number;
}

/**
 * Chooses the number of epochs by the network alone, and then what to ship: that network or the mean of its last checkpoints,
 * with the prior or without, or the prior alone.
 * @param priorScores of each list  @param gains of each list
 */
export function chooseVariant(
  runs: readonly HeldOutRun[],
  priorScores: readonly Float64Array[],
  gains: readonly Float64Array[],
): Choice {
  const heldOut = (epoch: number, kind: keyof EpochScores): Float64Array[] => {
    const scores: Float64Array[] = [];
    for (const run of runs) {
      for (const [i, list] of run.lists.entries())
        scores[list] = Float64Array.from(run.scores.get(epoch)![kind][i]!);
    }
    return scores;
  };
  // Runs may end at different epochs: those count that all have.
  const common = Math.min(...runs.map(({ scores }) => Math.max(...scores.keys())));
  const values = Array.from({ length: common }, (_, i) => meanGain(heldOut(i + 1, 'single'), gains));
  const rounds = values.indexOf(Math.max(...values)) + 1;
  const withPrior = (scores: readonly Float64Array[]): Float64Array[] =>
    scores.map((list, i) => list.map((score, row) => score + priorScores[i]![row]!));
  const [single, soup] = [heldOut(rounds, 'single'), heldOut(rounds, 'soup')];
  const prior: Variant = { name: 'prior', network: undefined, prior: true, scores: priorScores };
  const ofPrior = listGains(priorScores, gains);
  const networks: readonly Variant[] = [
    { name: 'network', network: 'single', prior: false, scores: single },
    { name: 'network + prior', network: 'single', prior: true, scores: withPrior(single) },
    { name: 'mean of checkpoints', network: 'soup', prior: false, scores: soup },
    { name: 'mean of checkpoints + prior', network: 'soup', prior: true, scores: withPrior(soup) },
  ];
  const tried = networks.map((variant) => {
    const own = listGains(variant.scores, gains);
    return { variant, heldOut: mean(own), believed: beatsPrior(own, ofPrior) };
  });
  const [best] = tried
    .filter(({ believed }) => believed)
    // Stable: of equals the simpler one, which comes first.
    .sort((a, b) => b.heldOut - a.heldOut)
    .map(({ variant }) => variant);
  return {
    best: best ?? prior,
    rounds,
    selection: [
      { name: prior.name, heldOut: mean(ofPrior), chosen: best === undefined },
      ...tried.map(({ variant, heldOut: value }) => ({
        name: variant.name,
        heldOut: value,
        rounds,
        chosen: variant === best,
      })),
    ],
  };
}
