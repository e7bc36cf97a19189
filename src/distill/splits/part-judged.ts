import { randomStream, shuffle } from '../../core/random.js';

/** Below this many judged queries the gate needs every one of them. */
const fewestToPart = 30;

export interface JudgedParts {
  /** What probabilities are fitted on: a third, or none where judged queries are few. */
  readonly calibration: ReadonlySet<string>;
  /** What the gate decides on. */
  readonly gate: ReadonlySet<string>;
}

/**
 * Judged queries in two parts, so that no query decides twice. With fewer than 30 all are the gate's: a calibration on a handful
 * is worth less than what the gate would lose.
 */
export function partJudged(queryIds: Iterable<string>, seed: number): JudgedParts {
  const ids = [...new Set(queryIds)].sort();
  const count = ids.length < fewestToPart ? 0 : Math.floor(ids.length / 3);
  const drawn = shuffle(ids, randomStream(seed, 'part-judged'));
  return { calibration: new Set(drawn.slice(0, count)), gate: new Set(drawn.slice(count)) };
}
