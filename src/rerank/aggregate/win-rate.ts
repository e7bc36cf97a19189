import { type Meeting, winsOf } from './meetings.js';

/**
 * Mean over the opponents an item met of the share of their meetings that it won:
 * R_i = (1 / |O_i|) Σ_{j ∈ O_i} w_ij / (w_ij + w_ji), a tie being half a win for each. Who met often counts once.
 * @returns 0 to 1 by item; nothing for one that met nobody
 * @see Copeland 1951, whose count of majority wins it makes gradual; Shah & Wainwright 2018, arXiv:1512.08949
 */
export function winRate(meetings: readonly Meeting[], n: number): (number | undefined)[] {
  const won = Array.from({ length: n }, () => new Map<number, number>());
  for (const { winner, loser, weight } of winsOf(meetings)) {
    won[winner]!.set(loser, (won[winner]!.get(loser) ?? 0) + weight);
    // The loser has met the winner too, though it won nothing.
    if (!won[loser]!.has(winner)) won[loser]!.set(winner, 0);
  }
  return won.map((opponents, item) => {
    if (opponents.size === 0) return undefined;
    let sum = 0;
    for (const [other, wins] of opponents) sum += wins / (wins + won[other]!.get(item)!);
    return sum / opponents.size;
  });
}
