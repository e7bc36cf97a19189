/**
 * Kendall's tau-b of two lists of values, aligned: pairs in the same order less pairs in the other, −1 to 1; pairs
 * tied in one list alone count against it. 0 where a list is constant.
 * @see Kendall 1945, doi:10.1093/biomet/33.3.239
 */
export function kendallTau(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [same, untiedA, untiedB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < i; j++) {
      const [x, y] = [Math.sign(a[i]! - a[j]!), Math.sign(b[i]! - b[j]!)];
      same += x * y;
      untiedA += Math.abs(x);
      untiedB += Math.abs(y);
    }
  }
  return untiedA === 0 || untiedB === 0 ? 0 : same / Math.sqrt(untiedA * untiedB);
}
