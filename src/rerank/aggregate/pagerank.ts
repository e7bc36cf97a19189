import { type Meeting, metOf, winsOf } from './meetings.js';

const damping = 0.85;
const tolerance = 1e-12;
const mostSteps = 200;

/**
 * PageRank of the graph in which losers point to winners, so a win over a strong item counts for more:
 * r_i = (1 − d) / n + d Σ_j r_j w_ij / Σ_k w_kj, with w_ij the wins of i over j and d = 0.85. An item that lost to
 * nobody points to all alike.
 * @returns by item, adding up to 1 over all n where every item met another; nothing for one that met nobody
 * @see Page, Brin, Motwani & Winograd 1999; over rankings of blocks: Dedov 2025, arXiv:2506.22262
 */
export function pageRank(meetings: readonly Meeting[], n: number): (number | undefined)[] {
  const wins = winsOf(meetings);
  const lost = new Float64Array(n);
  for (const { loser, weight } of wins) lost[loser]! += weight;
  let rank = new Float64Array(n).fill(1 / n);
  for (let step = 0, moved = 1; step < mostSteps && moved > tolerance; step++) {
    let unbeaten = 0;
    for (let item = 0; item < n; item++) if (lost[item] === 0) unbeaten += rank[item]!;
    const next = new Float64Array(n).fill((1 - damping + damping * unbeaten) / n);
    for (const { winner, loser, weight } of wins)
      next[winner]! += (damping * rank[loser]! * weight) / lost[loser]!;
    moved = next.reduce((sum, value, item) => sum + Math.abs(value - rank[item]!), 0);
    rank = next;
  }
  const met = metOf(meetings, n);
  return Array.from(rank, (value, item) => (met[item] ? value : undefined));
}
