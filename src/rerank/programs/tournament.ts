import { type Random, randomStream, shuffle } from '../../core/random.js';
import { checkGroupCount } from '../group-limit.js';
import type { Program, ProgramRun } from '../program.js';
import type { ProgramEntry } from './entry.js';
import { allItems, checkNumber, chunk, deal, inOrder } from './grouping.js';

export interface TournamentOptions {
  /** Passages per group at most. @default 20 */
  readonly size?: number;
  /** Tournaments held side by side, whose points add up. The paper uses up to 10. @default 1 */
  readonly times?: number;
  /** How many the last stage leaves; where that takes several groups, more stages order them. @default 2 */
  readonly top?: number;
  readonly seed?: number;
}

interface Stage {
  readonly groups: number;
  readonly winners: number;
}

/**
 * TourRank: stages of groups, each group sending its best on to the next stage; an item has a point for every stage it
 * won. Every stage deals the field out in first-stage order, so that favourites meet late; a second tournament and
 * those after it deal ranks that are near each other at random, and shuffle the order shown. The stages of 100 are the
 * paper's, 100 → 50 → 20 → 10 → 5 → 2, in 13 calls and 5 rounds. Items of equal points are ordered by the places they
 * took in their groups, then by first stage; the paper knows no places, and its ceiling is lower for it (.881 and not
 * .892 on DL19). A group whose comparison failed sends on the first of first-stage order.
 * @throws RankforgeError `usage` for numbers out of range
 * @see Chen et al. 2024, arXiv:2406.11678
 */
export function tournament({ size = 20, times = 1, top = 2, seed = 0 }: TournamentOptions = {}): Program {
  checkNumber(size, 'The group', { least: 2 });
  checkNumber(times, 'The number of tournaments', { least: 1 });
  return function* (n): ProgramRun {
    if (n > 1) checkGroupCount(times * Math.ceil(n / size));
    const points = new Array<number>(n).fill(0);
    const places = new Array<number>(n).fill(0);
    let fields = Array.from({ length: times }, () => allItems(n));
    for (const [round, { groups, winners }] of planStages(n, size, top).entries()) {
      const drawn = fields.map((field, time) => {
        // The first tournament keeps to first-stage order; the others are there to vary it.
        const random = time === 0 ? undefined : randomStream(seed, 'tournament', time, round);
        return deal(random ? shuffleNear(field, groups, random) : field, groups).map((members) => ({
          members,
          shown: random ? shuffle(members, random) : members,
        }));
      });
      // Who is alone in a group goes on without a call.
      const outcomes = yield drawn.flat().flatMap(({ shown }) => (shown.length > 1 ? [shown] : []));
      let next = 0;
      fields = drawn.map((tables) => {
        const sent = tables.map(({ members }, table) => {
          const outcome = members.length > 1 ? outcomes[next++]! : undefined;
          const standing = outcome && !outcome.failed ? outcome.order : inOrder(members);
          const through = Math.floor((winners + tables.length - 1 - table) / tables.length);
          for (const [place, item] of standing.entries()) places[item]! += place / standing.length;
          for (const item of standing.slice(0, through)) points[item]! += 1;
          return standing.slice(0, through);
        });
        return [...inOrder(sent.flat())];
      });
    }
    return {
      order: allItems(n).sort((a, b) => points[b]! - points[a]! || places[a]! - places[b]! || a - b),
    };
  };
}

/**
 * The stages' targets are 1, 2 and 5 times powers of ten, as the paper's are, each at most three quarters of the field
 * and at least its groups, whose firsts all go on. Halves follow until a stage is one group, or its winners would not have met.
 */
function planStages(n: number, size: number, top: number): Stage[] {
  const stages: Stage[] = [];
  const last = Math.max(1, Math.min(top, n - 1));
  const targets = [last];
  for (let power = 1; power < n; power *= 10)
    for (const digit of [1, 2, 5]) if (digit * power > last) targets.push(digit * power);
  let field = n;
  const add = (target: number) => {
    const groups = countGroups(field, target, size);
    const winners = Math.max(target, groups);
    if (winners < field) stages.push({ groups, winners });
    field = Math.min(field, winners);
  };
  for (const target of targets.sort((a, b) => b - a))
    if (target === last || target <= 0.75 * field) add(target);
  while (field > 1 && stages.at(-1)!.groups > 1) add(Math.ceil(field / 2));
  return stages;
}

/** As few groups as hold the field, a few more where that makes them all alike: 50 → 20 is five groups of 10 and not three of 17. */
function countGroups(field: number, winners: number, size: number): number {
  const fewest = Math.ceil(field / size);
  for (let groups = fewest; groups < 2 * fewest; groups++)
    if (field % groups === 0 && winners % groups === 0) return groups;
  return fewest;
}

const shuffleNear = (field: readonly number[], groups: number, random: Random): number[] =>
  chunk(field, groups).flatMap((near) => shuffle(near, random));

export const tournamentEntry: ProgramEntry = {
  form: 'tournament[:GROUP[/TIMES]][@TOP]',
  summary: 'TourRank: groups send their best on, stage by stage; points add up',
  numbers: 2,
  create: ([size, times], { top, seed }) => tournament({ size, times, top, seed }),
};
