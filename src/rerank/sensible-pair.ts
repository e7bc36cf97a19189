import { RankforgeError } from '../core/errors.js';
import type { Gives } from './comparators/entry.js';
import { type ComparatorName, comparators, nameOf } from './comparators/registry.js';
import { type ProgramName, programs } from './programs/registry.js';

/** What a program reads of its comparisons: a score of each passage alone, scores within a group, an order, its best, or a winner of two. */
export type Asks = 'alone' | 'scores' | 'order' | 'best' | 'pair';

/** By program, what it reads of its comparisons. */
export const programAsks = {
  full: 'order',
  sliding: 'order',
  tdpart: 'order',
  tournament: 'order',
  blocks: 'order',
  pointwise: 'alone',
  groupwise: 'scores',
  adaptive: 'order',
  swiss: 'pair',
  'setwise-heap': 'best',
  'setwise-bubble': 'best',
  'pairwise-all': 'pair',
  'pairwise-heap': 'pair',
  'pairwise-bubble': 'pair',
} satisfies Record<ProgramName, Asks>;

/**
 * Why a comparator that gives one thing cannot serve a program that asks for another; what is not named can. Scores that no
 * other passage changes serve everywhere, and are cheapest with `pointwise`. One that tells the best alone still moves it to
 * the front of each window.
 */
export const senseless: Readonly<Record<Asks, Partial<Record<Gives, string>>>> = {
  alone: {
    scores: 'its scores are relative to the group that a passage is seen in',
    order: 'it gives an order and no scores',
    best: 'it tells the best of a group, and no score of one passage',
    pair: 'it tells which of two is better, and no score of one passage',
  },
  scores: {
    order: 'it gives an order and no scores',
    best: 'it tells the best of a group, and no scores of the others',
    pair: 'it compares two passages, and the program groups of more',
  },
  order: {
    pair: 'it compares two passages, and the program groups of more',
  },
  best: { pair: 'it compares two passages, and the program groups of more' },
  pair: {},
};

/** Comparators and programs that go well together, named in hints. */
const wellMet: Record<Gives, string> = {
  'absolute-scores': 'pointwise',
  scores: 'full, sliding or groupwise',
  order: 'full, sliding, tdpart, tournament or blocks',
  best: 'setwise-heap or setwise-bubble',
  pair: 'pairwise-heap, pairwise-all, pairwise-bubble or swiss',
};

/**
 * Why a program and a comparator, by their written forms, make no sense together; undefined where they do. A wrapped or unknown comparator is let through: its run tells.
 */
export function whySenseless(program: string, comparator: string): string | undefined {
  const [name = '', numbers = ''] = program.split('@', 1)[0]!.split(':', 2);
  const given = nameOf(comparator);
  if (!Object.hasOwn(programs, name) || !Object.hasOwn(comparators, given)) return undefined;
  const { gives } = comparators[given as ComparatorName];
  const usual: Asks = programAsks[name as ProgramName];
  // Windows and Swiss groups of two are pairs, larger ones are not.
  const size = name === 'swiss' || usual === 'order' ? Number.parseInt(numbers, 10) : Number.NaN;
  const asks = size === 2 ? 'pair' : size > 2 ? 'order' : usual;
  return senseless[asks][gives];
}

/** @throws RankforgeError `usage` for a pair that makes no sense, with programs that the comparator goes well with */
export function checkPair(program: string, comparator: string): void {
  const why = whySenseless(program, comparator);
  if (why === undefined) return;
  const { gives } = comparators[nameOf(comparator) as ComparatorName];
  throw new RankforgeError(
    'usage',
    `The program ${program} cannot use the comparator ${comparator}: ${why}`,
    {
      where: `${program} × ${comparator}`,
      hint: `Use ${comparator} with ${wellMet[gives]}.`,
    },
  );
}
