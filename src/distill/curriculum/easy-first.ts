export interface EasyFirstOptions {
  /** Share of the lists at the start, above 0. The paper has 0.01, of far more examples. @default 0.25 */
  readonly start?: number;
  /** Progress at which all lists are in. @default 0.5 */
  readonly full?: number;
}

/**
 * Share of the lists, easiest first, that a student sees at a point of its training: √(p (1 − c₀²) + c₀²), so many are added while
 * it learns fast and few later.
 * @param progress 0 at the start to 1 at the end
 * @see Platanios et al. 2019, NAACL, arXiv:1903.09848 (competence-based curriculum)
 */
export function competence(progress: number, { start = 0.25, full = 0.5 }: EasyFirstOptions = {}): number {
  const p = Math.min(1, progress / full);
  return Math.min(1, Math.sqrt(p * (1 - start * start) + start * start));
}

/**
 * The lists to train on at a point of training, easy to hard: indexes, in their given order.
 * @param hardness of each list, any reals; equal ones keep their order
 */
export function easyFirst(
  hardness: readonly number[],
  progress: number,
  options: EasyFirstOptions = {},
): number[] {
  const count = Math.max(1, Math.ceil(competence(progress, options) * hardness.length));
  return [...hardness.keys()]
    .sort((a, b) => hardness[a]! - hardness[b]! || a - b)
    .slice(0, count)
    .sort((a, b) => a - b);
}
