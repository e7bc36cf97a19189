import { RankforgeError } from '../../core/errors.js';
import type { JobOptions } from '../../core/progress.js';
import { mean } from '../../core/vectors.js';

export interface HalvingOptions<S> extends JobOptions {
  readonly settings: readonly S[];
  /** Trials there are, for instance queries: every setting is tried on the same ones, in this order. */
  readonly trials: number;
  /** What a trial will cost, before it is made. */
  readonly cost: (setting: S, trial: number) => number;
  /** How well a setting does in a trial; higher is better. Settings that throw an error of `outOfTheRace` are out. */
  readonly measure: (setting: S, trial: number) => Promise<number>;
  /** What all trials together may cost. */
  readonly budget: number;
  /** One in so many stays after each rung, 2 or more. @default 3 */
  readonly keepOneIn?: number;
  /** Trials of the first rung at least: fewer say nothing. @default 3 */
  readonly fewestTrials?: number;
  /** Errors that speak against the setting and not against the job. @default none */
  readonly outOfTheRace?: (error: unknown) => boolean;
}

export interface Rung<S> {
  /** Trials of each setting so far, this rung's and those before. */
  readonly trials: number;
  /** Best first. */
  readonly entries: readonly { readonly setting: S; readonly mean: number }[];
}

export interface Halving<S> {
  readonly winner: S;
  readonly rungs: readonly Rung<S>[];
  /** Settings that failed, and how. */
  readonly failed: readonly { readonly setting: S; readonly error: unknown }[];
  /** Of all trials, as `cost` told it. */
  readonly spent: number;
}

/**
 * Finds the best of many settings within a budget: all are tried a little, one in three is kept and tried more, until one
 * is left or nothing is left to try. The budget is shared equally by the rungs that are still to come, and trials are nested,
 * so a setting is never tried twice in the same way.
 * @throws RankforgeError `budget-exhausted` where the budget does not reach for `fewestTrials` of every setting;
 * `too-little-data` without settings or trials; `usage` for `keepOneIn` below 2; the only failure where every setting fails;
 * what `measure` throws else
 * @see Jamieson & Talwalkar 2016, arXiv:1502.07943
 */
export async function successiveHalving<S>(options: HalvingOptions<S>): Promise<Halving<S>> {
  const { settings, trials, cost, budget, signal, onProgress } = options;
  const { keepOneIn = 3, fewestTrials = 3, outOfTheRace = () => false } = options;
  if (settings.length === 0 || trials === 0) {
    throw new RankforgeError('too-little-data', 'There is nothing to choose from, or nothing to try it on', {
      hint: 'Give settings, and queries with judgements or known items.',
    });
  }
  // With all of them kept there is no last rung.
  if (!(keepOneIn >= 2)) {
    throw new RankforgeError('usage', `One in ${keepOneIn} cannot be kept`, { hint: 'Give 2 or more.' });
  }
  const values = new Map<S, number[]>(settings.map((setting) => [setting, []]));
  const failed: { setting: S; error: unknown }[] = [];
  const rungs: Rung<S>[] = [];
  let [alive, spent] = [settings, 0];

  const priceOf = (until: number): number =>
    alive.reduce((sum, setting) => {
      for (let trial = values.get(setting)!.length; trial < until; trial++) sum += cost(setting, trial);
      return sum;
    }, 0);

  const climb = async (setting: S, until: number): Promise<boolean> => {
    const known = values.get(setting)!;
    try {
      while (known.length < until) {
        signal?.throwIfAborted();
        // A trial that fails is paid for too.
        spent += cost(setting, known.length);
        known.push(await options.measure(setting, known.length));
        onProgress?.({
          stage: `rung ${rungs.length + 1}`,
          done: Math.round(spent),
          total: Math.round(budget),
        });
      }
      return true;
    } catch (error) {
      if (signal?.aborted || !outOfTheRace(error)) throw error;
      failed.push({ setting, error });
      return false;
    }
  };

  for (let left = rungsFor(settings.length, keepOneIn); left > 0; left--) {
    const share = spent + (budget - spent) / left;
    let until = rungs.at(-1)?.trials ?? Math.min(fewestTrials, trials);
    if (rungs.length === 0 && priceOf(until) > budget) throw tooSmall(budget, priceOf(until), until);
    while (until < trials && spent + priceOf(until + 1) <= share) until++;
    const climbed: S[] = [];
    for (const setting of alive) if (await climb(setting, until)) climbed.push(setting);
    if (climbed.length === 0) throw failed[0]!.error;
    const entries = climbed
      .map((setting) => ({ setting, mean: mean(values.get(setting)!) }))
      .sort((a, b) => b.mean - a.mean);
    rungs.push({ trials: until, entries });
    if (until === trials || climbed.length === 1) break;
    alive = entries.slice(0, Math.ceil(entries.length / keepOneIn)).map(({ setting }) => setting);
  }
  return { winner: rungs.at(-1)!.entries[0]!.setting, rungs, failed, spent };
}

/** Rungs until one setting is left, the last one among few included. */
const rungsFor = (settings: number, keepOneIn: number): number => {
  let rungs = 1;
  for (let left = settings; left > 1; left = Math.ceil(left / keepOneIn)) rungs++;
  return Math.max(1, rungs - 1);
};

const tooSmall = (budget: number, needed: number, trials: number): RankforgeError =>
  new RankforgeError(
    'budget-exhausted',
    `The budget of ${budget} does not reach for ${trials} queries of every setting, which take ${Math.ceil(needed)}`,
    { hint: 'Give a larger budget, or fewer settings.' },
  );
