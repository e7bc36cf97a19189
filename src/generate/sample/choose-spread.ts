/**
 * Rows in the order of their random numbers, one of each document first, then a second of each, …: any beginning is spread
 * over as many documents as it can be. Memory: 12 bytes a row, and the documents' names.
 * @param documents by row
 * @param uniforms one number in [0, 1) a row, from its own random stream
 * @returns min(count, rows) of them
 */
export function chooseSpread(
  documents: readonly (string | undefined)[],
  { count, uniforms }: { readonly count: number; readonly uniforms: ArrayLike<number> },
): number[] {
  const order = Uint32Array.from(documents, (_, row) => row).sort(
    (a, b) => uniforms[a]! - uniforms[b]! || a - b,
  );
  const taken = new Map<string | undefined, number>();
  const rounds: number[][] = [];
  for (const row of order) {
    const round = taken.get(documents[row]) ?? 0;
    taken.set(documents[row], round + 1);
    if (round === rounds.length) rounds.push([]);
    // No round gives more than are wanted.
    if (rounds[round]!.length < count) rounds[round]!.push(row);
  }
  return rounds.flat().slice(0, count);
}
