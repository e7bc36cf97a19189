import { BlockStore, type Spill } from '../../core/block-store.js';
import { RankforgeError } from '../../core/errors.js';
import { randomStream, shuffle } from '../../core/random.js';
import type { ReadOptions } from '../../formats/bad-line.js';
import { type FeatureRows, largestFeature, readSvmlight } from '../../formats/svmlight.js';
import type { FeatureMatrix, FilledCells } from '../features/feature-set.js';
import { manyColumns } from '../features/filled-cells.js';
import { teaches } from '../students/targets.js';
import type { LabelKind, TrainingList } from '../training-list.js';
import { queryPrint } from './query-print.js';
import { type Numbering, StoredMatrix, toBlock } from './stored-matrix.js';

/** A feature file as students learn from it. Disposed of, its features are gone. */
export interface FeatureFile extends Disposable {
  readonly names: readonly string[];
  readonly lists: readonly TrainingList[];
  readonly rows: number;
  /** Of the queries that teach something: see `queryPrint`. */
  readonly prints: ReadonlySet<string>;
  /**
   * By the id of a query that teaches something, the earlier one with the same rows, the first of them where there are several:
   * LightGBM's own example has such, so they are told and not refused.
   */
  readonly twinOf: ReadonlyMap<string, string>;
}

/** Features are called by their number in the file. */
const featureName = (column: number): string => `f${column}`;

/** LightGBM's limit: 2^label − 1 is a gain. */
const largestGrade = 31;

const mostBytes = 2 ** 31;

const largestFloat = 3.4028234663852886e38;

/**
 * All queries of a file, for training. Their rows are shuffled: files are often sorted by label, and ties keep the order of rows.
 * @param spill where features go that are too many for memory. @default memory
 * @throws RankforgeError as `readSvmlight`; `too-little-data` for a file without rows or whose features are all constant;
 * `bad-file` for grades below 0 or above 31; `disk-full`
 */
export async function readFeatureFile(
  path: string,
  {
    labels,
    seed,
    spill,
    ...options
  }: ReadOptions & { readonly labels: LabelKind; readonly seed: number; readonly spill?: Spill },
): Promise<FeatureFile> {
  const store = new BlockStore(spill);
  try {
    const numbering: Numbering = { names: [] };
    const lists: TrainingList[] = [];
    const isUsed = new Uint8Array(largestFeature + 1);
    // Of the rows so far: nearly always of the file.
    let first = Number.POSITIVE_INFINITY;
    let firstWritten: number | undefined;
    let rows = 0;
    for await (const query of readSvmlight(path, options)) {
      const shuffled = shuffle([...query.rows], randomStream(seed, 'feature-rows', query.queryId));
      if (labels === 'grades') checkGrades(query, path);
      for (const { columns } of shuffled) {
        for (let i = 0; i < columns.length; i++) isUsed[columns[i]!] = 1;
        first = Math.min(first, columns[0] ?? first);
      }
      if (Number.isFinite(first)) firstWritten ??= first;
      lists.push({
        queryId: query.queryId,
        features: storeRows(shuffled, store, { first, numbering }),
        labels: Float64Array.from(shuffled, ({ label }) => label),
      });
      rows += shuffled.length;
    }
    if (rows === 0) {
      throw new RankforgeError('too-little-data', `There is no row in ${path}`, {
        where: path,
        hint: 'Give a file in the format of SVMlight or LETOR.',
      });
    }
    // Numbers that no row has are no features: a file may leave out most.
    const numbers = [...isUsed.keys()].filter((number) => isUsed[number] === 1);
    const names = numbers.map(featureName);
    numbering.names = names;
    if (numbers.some((number, column) => number !== firstWritten! + column))
      numbering.columnOf = columnsOf(numbers);
    checkRoom(lists, names.length, path);
    if (areAlike(lists)) {
      throw new RankforgeError('too-little-data', 'Every feature has one value in all rows', {
        where: path,
        hint: 'Give a file whose features tell rows apart.',
      });
    }
    return { names, lists, rows, ...printAll(lists), [Symbol.dispose]: () => store[Symbol.dispose]() };
  } catch (error) {
    store[Symbol.dispose]();
    throw error;
  }
}

function columnsOf(numbers: readonly number[]): Uint32Array {
  const columns = new Uint32Array((numbers.at(-1) ?? 0) + 1);
  for (const [column, number] of numbers.entries()) columns[number] = column;
  return columns;
}

function storeRows(
  rows: FeatureRows['rows'],
  store: BlockStore,
  { first, numbering }: { readonly first: number; readonly numbering: Numbering },
): StoredMatrix {
  const most = rows.reduce((sum, { columns }) => sum + columns.length, 0);
  const starts = new Uint32Array(rows.length + 1);
  const columns = new Uint32Array(most);
  const values = new Float32Array(most);
  let at = 0;
  for (const [row, own] of rows.entries()) {
    for (const [i, column] of own.columns.entries()) {
      const value = toFloat(own.values[i]!);
      if (value === 0) continue;
      columns[at] = column - first;
      values[at++] = value;
    }
    starts[row + 1] = at;
  }
  const largest = rows.reduce((top, own) => Math.max(top, own.columns.at(-1) ?? 0), 0) - first;
  const cells: FilledCells = {
    starts,
    columns: largest < manyColumns ? Uint16Array.from(columns.subarray(0, at)) : columns.subarray(0, at),
    values: values.subarray(0, at),
  };
  return new StoredMatrix(store.add(toBlock(cells)), cells, { first, numbering });
}

/**
 * @returns a query's rows as a matrix of the named features, floats for training as for scoring, and how many values had no place
 * in it
 */
export function featureMatrices(
  names: readonly string[],
): (query: FeatureRows) => { readonly matrix: FeatureMatrix; readonly unknown: number } {
  const columnOf = new Map(names.map((name, column) => [Number(name.slice(1)), column]));
  return ({ rows }) => {
    const data = new Float32Array(rows.length * names.length);
    let unknown = 0;
    for (const [row, { columns, values }] of rows.entries()) {
      for (let i = 0; i < columns.length; i++) {
        const column = columnOf.get(columns[i]!);
        if (column === undefined) unknown++;
        else data[row * names.length + column] = toFloat(values[i]!);
      }
    }
    return { matrix: { names, rows: rows.length, data }, unknown };
  };
}

/** A double that no float can hold is as large as floats go; −0 is 0. */
const toFloat = (value: number): number =>
  Math.fround(Math.max(-largestFloat, Math.min(largestFloat, value))) + 0;

/** Scoring spreads a query's rows out, zeros and all. */
function checkRoom(lists: readonly TrainingList[], width: number, path: string): void {
  for (const { queryId, features } of lists) {
    const bytes = 4 * features.rows * width;
    if (bytes <= mostBytes) continue;
    throw new RankforgeError('out-of-memory', `The features of query "${queryId}" take ${bytes} bytes`, {
      where: `${path}: query ${queryId}`,
      hint: 'Give fewer rows a query, or fewer features.',
    });
  }
}

function checkGrades({ queryId, rows }: FeatureRows, path: string): void {
  const wrong = rows.find(({ label }) => label < 0 || label > largestGrade);
  if (!wrong) return;
  throw new RankforgeError('bad-file', `Query "${queryId}" has the grade ${wrong.label}`, {
    where: `${path}: query ${queryId}`,
    hint: `Grades are 0 to ${largestGrade}; a teacher's scores must be given as scores (--teacher-labels scores).`,
  });
}

/** Whether all rows of all lists are the same. */
function areAlike(lists: readonly TrainingList[]): boolean {
  const first = lists[0]!.features.data;
  const width = lists[0]!.features.names.length;
  return lists.every(({ features }) => features.data.every((value, cell) => value === first[cell % width]));
}

function printAll(lists: readonly TrainingList[]): Pick<FeatureFile, 'prints' | 'twinOf'> {
  const firstWith = new Map<string, string>();
  const twinOf = new Map<string, string>();
  for (const { queryId, features } of lists.filter(teaches)) {
    const print = queryPrint(features);
    if (print === undefined) continue;
    const first = firstWith.get(print);
    if (first === undefined) firstWith.set(print, queryId);
    else twinOf.set(queryId, first);
  }
  return { prints: new Set(firstWith.keys()), twinOf };
}
