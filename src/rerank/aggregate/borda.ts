import { heard, type Meeting, shareOfWin } from './meetings.js';

/**
 * Borda count, as a mean over meetings, so that groups of other sizes and meetings that failed do not weigh:
 * B_i = (1 / |M_i|) Σ_{m ∈ M_i} (items below i in m + ½ items tied with it) / (|m| − 1).
 * @returns 0 to 1 by item; nothing for one in no meeting
 * @see Borda 1781; de Borda's count for meetings of part of the items: Emerson 2013, doi:10.1007/s00355-011-0603-9
 */
export function borda(meetings: readonly Meeting[], n: number): (number | undefined)[] {
  const sums = new Array<number>(n).fill(0);
  const counts = new Array<number>(n).fill(0);
  for (const meeting of heard(meetings)) {
    const { group } = meeting;
    for (const item of group) {
      const won = group.reduce(
        (sum, other) => (other === item ? sum : sum + shareOfWin(meeting, item, other)),
        0,
      );
      sums[item]! += won / (group.length - 1);
      counts[item]! += 1;
    }
  }
  return sums.map((sum, item) => (counts[item]! > 0 ? sum / counts[item]! : undefined));
}
