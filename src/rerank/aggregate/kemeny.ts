import { orderByScore } from '../../core/vectors.js';
import { type Meeting, winsOf } from './meetings.js';

// 2ⁿ·n² steps: 12 items take about a millisecond.
const mostExact = 12;

/**
 * Kemeny's central ranking: the order that disagrees with the fewest wins, for whole rankings the one with the smallest
 * sum of Kendall's tau distances to them. Exact for up to 12 items; above, a local optimum: no single item moved
 * elsewhere makes it better (Borda's order is the start). Of equal orders the one nearest to the first stage's.
 * @returns n for the first down to 1; nothing for an item that no meeting says anything of
 * @see Kemeny 1959; Ali & Meilă 2012, doi:10.1016/j.mathsocsci.2011.08.008 (how the ways to compute it compare)
 */
export function kemeny(meetings: readonly Meeting[], n: number): (number | undefined)[] {
  const margin = margins(meetings, n);
  const known = [...margin.keys()].filter((item) => margin[item]!.some((value) => value !== undefined));
  const over = (a: number, b: number): number => margin[known[a]!]![known[b]!] ?? 0;
  const order = known.length <= mostExact ? bestOrder(known.length, over) : localOrder(known.length, over);
  const places: (number | undefined)[] = new Array(n).fill(undefined);
  order.forEach((index, rank) => {
    places[known[index]!] = n - rank;
  });
  return places;
}

/** By two items, how much more often the first won; nothing for two that never met. */
function margins(meetings: readonly Meeting[], n: number): (number | undefined)[][] {
  const margin = Array.from({ length: n }, () => new Array<number | undefined>(n).fill(undefined));
  for (const { winner, loser, weight } of winsOf(meetings)) {
    margin[winner]![loser] = (margin[winner]![loser] ?? 0) + weight;
    margin[loser]![winner] = (margin[loser]![winner] ?? 0) - weight;
  }
  return margin;
}

type Over = (a: number, b: number) => number;

/** The best order by dynamic programming over sets of what is still to be placed; of equal ones the first by index. */
function bestOrder(n: number, over: Over): number[] {
  const worth = new Float64Array(1 << n);
  const first = new Int8Array(1 << n);
  for (let set = 1; set < 1 << n; set++) {
    worth[set] = Number.NEGATIVE_INFINITY;
    for (let item = 0; item < n; item++) {
      if (!(set & (1 << item))) continue;
      let sum = worth[set ^ (1 << item)]!;
      for (let other = 0; other < n; other++)
        if (set & (1 << other)) sum += item === other ? 0 : over(item, other);
      // Sums of the same margins in another order differ in their last digits.
      if (sum > worth[set]! + 1e-9) {
        worth[set] = sum;
        first[set] = item;
      }
    }
  }
  const order: number[] = [];
  for (let set = (1 << n) - 1; set > 0; set ^= 1 << order.at(-1)!) order.push(first[set]!);
  return order;
}

/** Borda's order, then the best move of one item after the other for as long as one helps. */
function localOrder(n: number, over: Over): number[] {
  const all = Array.from({ length: n }, (_, item) => item);
  const order = orderByScore(all.map((item) => all.reduce((sum, other) => sum + over(item, other), 0)));
  for (let moved = true; moved; ) {
    moved = false;
    for (const item of all) {
      const from = order.indexOf(item);
      let [to, best] = [from, 1e-9];
      for (const step of [-1, 1]) {
        let gain = 0;
        for (let place = from + step; place >= 0 && place < n; place += step) {
          // Upwards it passes in front of what it beats; downwards behind what beats it.
          gain -= step * over(item, order[place]!);
          if (gain > best) [to, best] = [place, gain];
        }
      }
      if (to === from) continue;
      order.splice(from, 1);
      order.splice(to, 0, item);
      moved = true;
    }
  }
  return order;
}
