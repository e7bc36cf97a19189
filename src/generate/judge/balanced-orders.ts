/**
 * Orders of n items in which each item stands at each position equally often and directly behind each other item
 * equally often: n of them for an even n, 2n for an odd one (each order and its reverse). For two items: both orders.
 * @returns rows of indexes from 0
 * @see Williams 1949, doi:10.1071/CH9490149 (designs balanced for the residual effects of treatments)
 */
export function balancedOrders(n: number): number[][] {
  if (n <= 0) return [];
  if (n === 1) return [[0]];
  // 0, 1, n − 1, 2, n − 2, …: its neighbours differ by each amount once.
  const first = Array.from({ length: n }, (_, i) => (i % 2 === 1 ? (i + 1) / 2 : (n - i / 2) % n));
  const rows = Array.from({ length: n }, (_, shift) => first.map((item) => (item + shift) % n));
  return n % 2 === 0 ? rows : [...rows, ...rows.map((row) => [...row].reverse())];
}

/** The n cyclic rotations: each item stands at each position once, behind the same neighbour. Half the calls for an odd n. */
export const rotatedOrders = (n: number): number[][] =>
  Array.from({ length: n }, (_, shift) => Array.from({ length: n }, (_, i) => (i + shift) % n));
