import { mean } from '../../core/vectors.js';
import { type Meeting, shareOfWin } from '../aggregate/meetings.js';
import { bounded, type Program, type ProgramBound, type ProgramRun } from '../program.js';
import type { ProgramEntry } from './entry.js';
import { allItems, checkNumber, countDealt, deal, inOrder } from './grouping.js';

export interface SwissOptions {
  /** Passages per meeting. @default 2 */
  readonly size?: number;
  /** @default ⌈log n / log size⌉, and one more for groups of 3 and above */
  readonly rounds?: number;
  /** Who cannot reach this rank any more meets nobody from then on. @default all go on */
  readonly top?: number;
}

/**
 * Swiss-system rounds: in the first, the halves of the first-stage ranking meet (item i and item i + n/2); then those
 * of equal standing who have not met. A meeting gives each of its items the share of the others that it beat, ½ for a
 * tie, and the standing is the mean of these, so a bye or a meeting whose comparison failed says nothing. Equal means
 * are told apart by the means of those met (Buchholz), then by first stage. At most ⌈n / size⌉ calls a round. With
 * pairs and the usual rounds the first rank is certain with a perfect comparator, unless there are ties.
 * @throws RankforgeError `usage` for numbers out of range
 * @see FIDE Handbook C.04 (the Dutch system, here without colours); Csató 2013, doi:10.1007/s10100-012-0261-8
 */
export function swiss({ size = 2, rounds, top = Number.POSITIVE_INFINITY }: SwissOptions = {}): Program {
  checkNumber(size, 'The group', { least: 2 });
  if (rounds !== undefined) checkNumber(rounds, 'The number of rounds', { least: 1 });
  const roundsOf = (n: number) => rounds ?? defaultRounds(n, size);
  function* run(n: number): ProgramRun {
    const table = new Table(n);
    const last = n < 2 ? 0 : roundsOf(n);
    for (let round = 0; round < last; round++) {
      const playing = table.contenders(top, last - round);
      const drawn = round === 0 ? deal(playing, Math.ceil(n / size)) : table.draw(playing, size);
      const groups = drawn.filter(({ length }) => length > 1).map(inOrder);
      if (groups.length === 0) break;
      const outcomes = yield groups;
      for (const [index, group] of groups.entries()) {
        const outcome = outcomes[index]!;
        if (!outcome.failed) table.enter({ group, outcome });
      }
    }
    return { order: table.standing(allItems(n)) };
  }
  // The first round deals; those after it fill each group before the next, and one item left over has a bye.
  const most = (n: number): ProgramBound => ({
    comparisons: countDealt(n, size) + (roundsOf(n) - 1) * Math.ceil((n - 1) / size),
    rounds: roundsOf(n),
    group: Math.min(size, n),
  });
  return bounded(run, most);
}

/** Rounds after which one item can have won all; groups of more than two leave many level, and one round more parts them. */
const defaultRounds = (n: number, size: number): number =>
  Math.ceil(Math.log(n) / Math.log(size) - 1e-9) + (size > 2 && n > size ? 1 : 0);

class Table {
  /** Points, and meetings, by item. */
  readonly #points: number[];
  readonly #played: number[];
  readonly #met: Set<number>[];

  constructor(n: number) {
    this.#points = new Array<number>(n).fill(0);
    this.#played = new Array<number>(n).fill(0);
    this.#met = Array.from({ length: n }, () => new Set());
  }

  enter(meeting: Meeting): void {
    for (const item of meeting.group) {
      const others = meeting.group.filter((other) => other !== item);
      this.#points[item]! += mean(others.map((other) => shareOfWin(meeting, item, other)));
      this.#played[item]! += 1;
      for (const other of others) this.#met[item]!.add(other);
    }
  }

  /** Best first. */
  standing(items: readonly number[]): number[] {
    const own = items.map((item) => this.#mean(item));
    const buchholz = items.map((item) => {
      const met = [...this.#met[item]!];
      return met.length > 0 ? mean(met.map((other) => this.#mean(other))) : 0.5;
    });
    return allItems(items.length)
      .sort((a, b) => own[b]! - own[a]! || buchholz[b]! - buchholz[a]! || items[a]! - items[b]!)
      .map((position) => items[position]!);
  }

  /** Those whose mean can still reach that of rank `top`, if they win all that is left and the others lose it. */
  contenders(top: number, roundsLeft: number): number[] {
    const all = allItems(this.#points.length);
    if (top >= all.length) return all;
    const bounds = all.map((item) => {
      const most = this.#played[item]! + roundsLeft;
      return { least: this.#points[item]! / most, most: (this.#points[item]! + roundsLeft) / most };
    });
    const bar = bounds.map(({ least }) => least).sort((a, b) => b - a)[top - 1]!;
    return all.filter((item) => bounds[item]!.most >= bar);
  }

  /** Groups of neighbours in the standing, as few as possible of whom have met; the last group may be smaller. */
  draw(items: readonly number[], size: number): number[][] {
    const waiting = this.standing(items);
    // From 0, the head, to each place who waits behind it: an array would move them all whenever one is taken.
    const behind = allItems(waiting.length + 1).map((place) => place + 1);
    const waits = (place: number) => place <= waiting.length;
    const take = (before: number): number => {
      const place = behind[before]!;
      behind[before] = behind[place]!;
      return waiting[place - 1]!;
    };
    const groups: number[][] = [];
    while (waits(behind[0]!)) {
      const group = [take(0)];
      const met = (item: number) => group.some((other) => this.#met[item]!.has(other));
      // Who was passed over has met one of the group, and so it stays as the group grows.
      let before = 0;
      while (group.length < size && waits(behind[0]!)) {
        while (waits(behind[before]!) && met(waiting[behind[before]! - 1]!)) before = behind[before]!;
        group.push(take(waits(behind[before]!) ? before : 0));
      }
      groups.push(group);
    }
    return groups;
  }

  #mean(item: number): number {
    return this.#played[item]! > 0 ? this.#points[item]! / this.#played[item]! : 0.5;
  }
}

export const swissEntry: ProgramEntry = {
  form: 'swiss[:GROUP[/ROUNDS]][@TOP]',
  summary: 'Swiss-system rounds: those of equal standing meet, in pairs unless told',
  numbers: 2,
  create: ([size, rounds], { top }) => swiss({ size, rounds, top }),
};
