import { randomStream, shuffle } from '../../core/random.js';
import { mean, orderByScore } from '../../core/vectors.js';
import type { Meeting } from '../aggregate/meetings.js';
import { bounded, type Program, type ProgramBound, type ProgramRun } from '../program.js';
import type { ProgramEntry } from './entry.js';
import { full } from './full.js';
import { allItems, byScore, checkNumber, countDealt, deal } from './grouping.js';

export interface AdaptiveOptions {
  /** Passages per group at most. @default 20 */
  readonly size?: number;
  /** At most so often is a passage scored. @default 6 */
  readonly rounds?: number;
  /** Ranks to settle. @default 10 */
  readonly top?: number;
  /** Standard errors by which rank `top` must be ahead of a passage for it to be out. @default 2 */
  readonly width?: number;
  readonly seed?: number;
}

/**
 * Scores again only where it is close. Round 1 deals all items out to groups, round 2 scores the first `size` (at
 * least 2 · `top`) again in other groups, and what their scores moved by is the comparator's noise. From then on those
 * in the top, and those whose mean score is not `width` standard errors below rank `top`, are scored again; it stops
 * when nobody is that close, or after `rounds`. A comparator without noise takes 2 rounds; one whose noise hides every
 * difference has all items scored in every round but the second.
 *
 * Scores are brought to one scale by what a group's members had scored before, so those of `first`, which hang on the
 * group, will do; where a group has none, the share of its group that an item is ahead of stands for its score, in all
 * groups alike.
 * @throws RankforgeError `usage` for numbers out of range
 * @see Even-Dar, Mannor & Mansour 2006, successive elimination, jmlr.org/papers/v7/evendar06a.html
 */
export function adaptive({
  size = 20,
  rounds = 6,
  top = 10,
  width = 2,
  seed = 0,
}: AdaptiveOptions = {}): Program {
  checkNumber(size, 'The group', { least: 2 });
  checkNumber(rounds, 'The number of rounds', { least: 1 });
  checkNumber(top, 'The top', { least: 1 });
  const second = Math.max(size, 2 * top);
  function* run(n: number): ProgramRun {
    if (n <= size) return yield* full(n);
    const past: (readonly Meeting[])[] = [];
    let scores: readonly (readonly number[])[] = allItems(n).map(() => []);
    let open = allItems(n);
    for (let round = 0; round < rounds && open.length > 0; round++) {
      const drawn = round === 0 ? open : shuffle(open, randomStream(seed, 'adaptive', round));
      // Of one item alone a comparison says nothing.
      const groups = deal(drawn, Math.ceil(open.length / size)).filter(({ length }) => length > 1);
      const outcomes = yield groups;
      past.push(groups.map((group, index) => ({ group, outcome: outcomes[index]! })));
      scores = tally(past, n);
      open = round === 0 ? ranked(scores).slice(0, second) : contenders(scores, top, width);
    }
    return byScore(scores.map((of) => (of.length > 0 ? mean(of) : undefined)));
  }
  const most = (n: number): ProgramBound => {
    if (n <= size) return { comparisons: 1, rounds: 1, group: n };
    const all = countDealt(n, size);
    const again = rounds > 1 ? countDealt(Math.min(n, second), size) : 0;
    // Where all are in the top, nobody is close to it.
    const last = n <= top ? Math.min(rounds, 2) : rounds;
    return { comparisons: all + again + Math.max(0, last - 2) * all, rounds: last, group: size };
  };
  return bounded(run, most);
}

/** The scores that each item got, round by round; by rank where not every group has scores, which are on no common scale. */
function tally(rounds: readonly (readonly Meeting[])[], n: number): number[][] {
  const byRank = rounds
    .flat()
    .some(({ outcome }) => !outcome.failed && !outcome.scores?.every(Number.isFinite));
  const scores: number[][] = Array.from({ length: n }, () => []);
  for (const meetings of rounds) {
    const before = scores.map((of) => (of.length > 0 ? mean(of) : undefined));
    for (const meeting of meetings) enter(scores, before, meeting, byRank);
  }
  return scores;
}

/** Adds one comparison's scores, less what the group as a whole moved by against its members' means so far. */
function enter(
  scores: readonly number[][],
  before: readonly (number | undefined)[],
  { group, outcome }: Meeting,
  byRank: boolean,
): void {
  if (outcome.failed) return;
  const fresh = byRank
    ? group.map((item) => 1 - outcome.order.indexOf(item) / (group.length - 1))
    : outcome.scores!;
  const moves = group.flatMap((item, position) =>
    before[item] === undefined ? [] : [fresh[position]! - before[item]],
  );
  const shift = mean(moves);
  for (const [position, item] of group.entries()) scores[item]!.push(fresh[position]! - shift);
}

/** Items that have a score, highest mean first. */
function ranked(scores: readonly (readonly number[])[]): number[] {
  const known = allItems(scores.length).filter((item) => scores[item]!.length > 0);
  return orderByScore(known.map((item) => mean(scores[item]!))).map((position) => known[position]!);
}

/** The top and all that may still belong to it; nobody where none of the others may. */
function contenders(scores: readonly (readonly number[])[], top: number, width: number): number[] {
  const order = ranked(scores);
  const last = scores[order[top - 1]!];
  if (!last) return [];
  const variance = noise(scores);
  const close = order.slice(top).filter((item) => {
    const own = scores[item]!;
    const error = Math.sqrt(variance * (1 / own.length + 1 / last.length));
    return mean(last) - mean(own) < width * error;
  });
  return close.length > 0 ? [...order.slice(0, top), ...close] : [];
}

/** Variance of one score of an item around its mean, over all that were scored more than once. */
function noise(scores: readonly (readonly number[])[]): number {
  let [sum, freedom] = [0, 0];
  for (const of of scores) {
    const centre = mean(of);
    for (const score of of) sum += (score - centre) ** 2;
    freedom += Math.max(0, of.length - 1);
  }
  return freedom > 0 ? sum / freedom : 0;
}

export const adaptiveEntry: ProgramEntry = {
  form: 'adaptive[:GROUP[/ROUNDS]][@TOP]',
  summary: 'scores again only what is close to the top, until score margins settle it',
  numbers: 2,
  create: ([size, rounds], { top, seed }) => adaptive({ size, rounds, top, seed }),
};
