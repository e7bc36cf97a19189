import { type Document, isMap, isScalar, type LineCounter } from 'yaml';

/** The YAML that a recipe was read from. */
export interface RecipeText {
  readonly document: Document;
  readonly lines: LineCounter;
}

/** The line of a key, from 1, or of the nearest that it would stand in. */
export function lineOf(path: readonly PropertyKey[], { document, lines }: RecipeText): number {
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
  if (parent === undefined) return lineOf(path.slice(0, -1), { document, lines });
  const last = path.at(-1);
  const pair = isMap(parent)
    ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(last))
    : undefined;
  const item = isMap(parent) || last === undefined ? undefined : document.getIn(path, true);
  const node = pair?.key ?? item ?? parent;
  const range = (node as { range?: [number, number, number] | null } | null | undefined)?.range;
  return range ? lines.linePos(range[0]).line : 1;
}
