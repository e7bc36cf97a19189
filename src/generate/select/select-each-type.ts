import { apportion } from '../apportion.js';
import { vectorsOf } from '../cluster/vector-source.js';
import { typeOf } from './example-groups.js';
import { forgetLostTwins, keepTwins } from './keep-twins.js';
import { partedNote, type Selection, type SelectionMethod, type SelectOptions, select } from './select.js';
import type { SelectionInput } from './selection.js';
import type { SelectionRequest } from './selection-settings.js';

/**
 * `select` inside each query type, for sets of which the mix of types was ordered: each type gets the part of `count` that it has of
 * the examples, by largest remainder, but for one where a query would be parted from its reversed twin. A quota has shares of its own, so it selects among all.
 * @throws RankforgeError as `select` does
 */
export async function selectEachType(
  input: SelectionInput,
  method: SelectionMethod | SelectionRequest,
  options: SelectOptions,
): Promise<Selection> {
  const { examples } = input;
  if ((typeof method === 'string' ? method : method.method) === 'quota' || examples.length === 0)
    return select(input, method, options);
  const rowsOf = new Map<string | undefined, number[]>();
  for (const [row, example] of examples.entries()) {
    const type = typeOf(example);
    rowsOf.set(type, [...(rowsOf.get(type) ?? []), row]);
  }
  const groups = [...rowsOf.values()];
  const sizes = groups.map(({ length }) => length);
  const counts = apportion(sizes, Math.min(options.count, examples.length), { capacities: sizes });
  const chosen: number[] = [];
  const notes: string[] = [];
  for (const [at, rows] of groups.entries()) {
    const part = await select(await partOf(input, rows), method, { ...options, count: counts[at]! });
    chosen.push(...part.indexes.map((index) => rows[index]!));
    notes.push(...(part.notes ?? []).filter((note) => note !== partedNote));
  }
  // A type of pairs with an odd part: one example of another type makes room.
  const { indexes: whole, parted } = keepTwins(chosen, examples);
  if (parted) notes.push(partedNote);
  const indexes = [...whole].sort((a, b) => a - b);
  return { indexes, examples: forgetLostTwins(indexes.map((index) => examples[index]!)), notes };
}

async function partOf(
  { examples, vectors, difficulties }: SelectionInput,
  rows: readonly number[],
): Promise<SelectionInput> {
  const read: Float32Array[] = [];
  // Copied: a source may write over what it gave before.
  for (const row of vectors ? rows : []) read.push(Float32Array.from(await vectors!.read(row, 1)));
  return {
    examples: rows.map((row) => examples[row]!),
    vectors: vectors && vectorsOf(read, vectors.dimensions),
    difficulties: difficulties && rows.map((row) => difficulties[row]!),
  };
}
