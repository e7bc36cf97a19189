import { heard, type Meeting, metOf } from './meetings.js';

/** Wins, and losses, of every item against one of strength 1 that is in no group: without it who never lost has no finite strength. */
const prior = 0.1;
const tolerance = 1e-9;
const mostSteps = 500;

/**
 * Plackett-Luce strengths: a meeting's order is drawn best first, each item with probability γ_i / Σ γ_j over what is
 * left, and γ maximises the likelihood of all orders. By minorisation-maximisation,
 * γ_i ← w_i / Σ_{draws that i was in} 1 / Σ_{j left} γ_j, with w_i the draws that i won. Ties count as they are ordered.
 * @returns ln γ by item; nothing for one that met nobody
 * @see Plackett 1975, doi:10.2307/2346567; Hunter 2004, doi:10.1214/aos/1079120141
 */
export function plackettLuce(meetings: readonly Meeting[], n: number): (number | undefined)[] {
  const orders = heard(meetings).map(({ outcome }) => outcome.order);
  const won = new Float64Array(n).fill(prior);
  for (const order of orders) for (const item of order.slice(0, -1)) won[item]! += 1;
  let strength = new Float64Array(n).fill(1);
  for (let step = 0, moved = 1; step < mostSteps && moved > tolerance; step++) {
    const exposure = strength.map((value) => (2 * prior) / (value + 1));
    for (const order of orders) addExposure(order, strength, exposure);
    const next = won.map((wins, item) => wins / exposure[item]!);
    moved = next.reduce(
      (most, value, item) => Math.max(most, Math.abs(Math.log(value / strength[item]!))),
      0,
    );
    strength = next;
  }
  const met = metOf(meetings, n);
  return Array.from(strength, (value, item) => (met[item] ? Math.log(value) : undefined));
}

/** Adds to each item Σ 1 / Σ_{j left} γ_j over the draws that it was in. The last has no draw: nobody else is left. */
function addExposure(order: readonly number[], strength: Float64Array, exposure: Float64Array): void {
  const left = new Float64Array(order.length);
  for (let place = order.length - 1, sum = 0; place >= 0; place--) {
    sum += strength[order[place]!]!;
    left[place] = sum;
  }
  let sum = 0;
  for (const [place, item] of order.entries()) {
    if (place < order.length - 1) sum += 1 / left[place]!;
    exposure[item]! += sum;
  }
}
