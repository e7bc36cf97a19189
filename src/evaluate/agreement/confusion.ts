/** Counts by the first rater's category (row) and the second's (column), in the order of `categories`. */
export interface ConfusionMatrix {
  readonly categories: readonly number[];
  readonly counts: readonly (readonly number[])[];
}

/**
 * How two raters' labels of the same things meet.
 * @param a one label a thing  @param b the same things in the same order
 * @param categories all labels there may be, rising. @default those that occur
 * @throws {RangeError} for other lengths, or a label that is no category
 */
export function confusionMatrix(
  a: readonly number[],
  b: readonly number[],
  categories: readonly number[] = [...new Set([...a, ...b])].sort((x, y) => x - y),
): ConfusionMatrix {
  if (a.length !== b.length) throw new RangeError(`There are ${a.length} labels and ${b.length}`);
  const place = new Map(categories.map((category, index) => [category, index]));
  const placeOf = (label: number): number => {
    const index = place.get(label);
    if (index === undefined) throw new RangeError(`${label} is none of ${categories.join(', ')}`);
    return index;
  };
  const counts = categories.map(() => categories.map(() => 0));
  for (const [index, label] of a.entries()) counts[placeOf(label)]![placeOf(b[index]!)]! += 1;
  return { categories, counts };
}

/** The sum of matrices over the same categories. */
export function addCounts(matrices: readonly ConfusionMatrix[]): ConfusionMatrix {
  const { categories } = matrices[0] ?? { categories: [] };
  const counts = categories.map(() => categories.map(() => 0));
  for (const { counts: more } of matrices)
    for (const [i, row] of more.entries()) for (const [j, count] of row.entries()) counts[i]![j]! += count;
  return { categories, counts };
}

/** Two categories in place of many: below `from` (0), and from there on (1). */
export function splitAt({ categories, counts }: ConfusionMatrix, from: number): ConfusionMatrix {
  const side = (index: number) => (categories[index]! >= from ? 1 : 0);
  const split = [
    [0, 0],
    [0, 0],
  ];
  for (const [i, row] of counts.entries())
    for (const [j, count] of row.entries()) split[side(i)]![side(j)]! += count;
  return { categories: [0, 1], counts: split };
}
