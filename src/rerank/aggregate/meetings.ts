import type { Group, Outcome } from '../program.js';

/** A group and what its comparison said. */
export interface Meeting {
  readonly group: Group;
  readonly outcome: Outcome;
}

/** One item above another in one meeting. A tie is half a win for each. */
export interface Win {
  readonly winner: number;
  readonly loser: number;
  /** 0 to 1. */
  readonly weight: number;
}

/**
 * Makes one ranking of many meetings of few items.
 * @returns by item a score, higher is better, or nothing for an item that no meeting says anything of
 */
export type Aggregation = (meetings: readonly Meeting[], n: number) => (number | undefined)[];

/** Meetings whose comparison failed say nothing. */
export const heard = (meetings: readonly Meeting[]): Meeting[] =>
  meetings.filter(({ outcome, group }) => !outcome.failed && group.length > 1);

/**
 * The share of a win that `first` has over `second`: 1, 0, ½ where both have one score, or what the comparator says of
 * a pair whose two scores are P(wins), that is, add up to 1.
 */
export function shareOfWin({ group, outcome }: Meeting, first: number, second: number): number {
  const { order, scores } = outcome;
  if (scores) {
    const [a, b] = [scores[group.indexOf(first)]!, scores[group.indexOf(second)]!];
    if (a === b) return 0.5;
    if (group.length === 2 && a >= 0 && b >= 0 && Math.abs(a + b - 1) < 1e-9) return a;
  }
  return order.indexOf(first) < order.indexOf(second) ? 1 : 0;
}

/** Every win of every meeting that was heard, of weight above 0. */
export function winsOf(meetings: readonly Meeting[]): Win[] {
  const wins: Win[] = [];
  for (const meeting of heard(meetings)) {
    const { order } = meeting.outcome;
    for (const [place, a] of order.entries()) {
      for (const b of order.slice(place + 1)) {
        const share = shareOfWin(meeting, a, b);
        if (share > 0) wins.push({ winner: a, loser: b, weight: share });
        if (share < 1) wins.push({ winner: b, loser: a, weight: 1 - share });
      }
    }
  }
  return wins;
}

/** Whether some meeting says something of an item, by item. */
export function metOf(meetings: readonly Meeting[], n: number): boolean[] {
  const met = new Array<boolean>(n).fill(false);
  for (const { group } of heard(meetings)) for (const item of group) met[item] = true;
  return met;
}
