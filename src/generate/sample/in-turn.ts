/** The first of each list, then the second of each, …, so that any beginning has something of each. */
export function inTurn(lists: readonly (readonly number[])[]): number[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  const out: number[] = [];
  for (let round = 0; round < longest; round++) {
    for (const list of lists) if (round < list.length) out.push(list[round]!);
  }
  return out;
}
