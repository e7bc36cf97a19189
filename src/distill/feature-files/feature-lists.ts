import { RankforgeError } from '../../core/errors.js';
import { randomStream, shuffle } from '../../core/random.js';
import type { ReadOptions } from '../../formats/bad-line.js';
import { type FeatureRows, readSvmlight } from '../../formats/svmlight.js';
import type { FeatureMatrix } from '../features/feature-set.js';
import { teaches } from '../students/targets.js';
import type { LabelKind, TrainingList } from '../training-list.js';
import { queryPrint } from './query-print.js';

/** A feature file as students learn from it. */
export interface FeatureFile {
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

const largestFloat = 3.4028234663852886e38;

/**
 * All queries of a file, for training. Their rows are shuffled: files are often sorted by label, and ties keep the order of rows.
 * The file is read twice, so that all features fit into one array of floats: four bytes a value is what a row costs here.
 * @throws RankforgeError as `readSvmlight`; `too-little-data` for a file without rows or whose features are all constant;
 * `bad-file` for grades below 0 or above 31; `out-of-memory`
 */
export async function readFeatureFile(
  path: string,
  { labels, seed, ...options }: ReadOptions & { readonly labels: LabelKind; readonly seed: number },
): Promise<FeatureFile> {
  const { names, rows } = await survey(path, options);
  const values = roomFor(rows * names.length, path);
  let used = 0;
  const toMatrix = featureMatrices(names, (length) => {
    used += length;
    return values.subarray(used - length, used);
  });
  const lists: TrainingList[] = [];
  for await (const query of readSvmlight(path, options)) {
    const shuffled = shuffle([...query.rows], randomStream(seed, 'feature-rows', query.queryId));
    if (labels === 'grades') checkGrades(query, path);
    lists.push({
      queryId: query.queryId,
      features: toMatrix({ queryId: query.queryId, rows: shuffled }).matrix,
      labels: Float64Array.from(shuffled, ({ label }) => label),
    });
  }
  if (rows === 0) {
    throw new RankforgeError('too-little-data', `There is no row in ${path}`, {
      where: path,
      hint: 'Give a file in the format of SVMlight or LETOR.',
    });
  }
  if (names.every((_, column) => isConstant(lists, column))) {
    throw new RankforgeError('too-little-data', 'Every feature has one value in all rows', {
      where: path,
      hint: 'Give a file whose features tell rows apart.',
    });
  }
  return { names, lists, rows, ...printAll(lists) };
}

/**
 * @param room where the values are put. @default a new array a query
 * @returns a query's rows as a matrix of the named features, floats for training as for scoring, and how many values had no place
 * in it
 */
export function featureMatrices(
  names: readonly string[],
  room: (length: number) => Float32Array = (length) => new Float32Array(length),
): (query: FeatureRows) => { readonly matrix: FeatureMatrix; readonly unknown: number } {
  const columnOf = new Map(names.map((name, column) => [Number(name.slice(1)), column]));
  return ({ rows }) => {
    const data = room(rows.length * names.length);
    let unknown = 0;
    for (const [row, { columns, values }] of rows.entries()) {
      for (let i = 0; i < columns.length; i++) {
        const column = columnOf.get(columns[i]!);
        if (column === undefined) unknown++;
        // A double that no float can hold is as large as floats go; −0 is 0.
        else
          data[row * names.length + column] = Math.max(-largestFloat, Math.min(largestFloat, values[i]!)) + 0;
      }
    }
    return { matrix: { names, rows: rows.length, data }, unknown };
  };
}

/** Rows, and features from the first number that the file has to the last; bad lines are told by the second reading. */
async function survey(
  path: string,
  { signal }: ReadOptions,
): Promise<{ readonly names: readonly string[]; readonly rows: number }> {
  let [first, last, count] = [Number.POSITIVE_INFINITY, -1, 0];
  for await (const { rows } of readSvmlight(path, { signal, onBadLine: () => {} })) {
    count += rows.length;
    for (const { columns } of rows) {
      first = Math.min(first, columns[0] ?? first);
      last = Math.max(last, columns.at(-1) ?? last);
    }
  }
  const names = last < 0 ? [] : Array.from({ length: last - first + 1 }, (_, i) => featureName(first + i));
  return { names, rows: count };
}

function roomFor(values: number, path: string): Float32Array {
  try {
    return new Float32Array(values);
  } catch (cause) {
    throw new RankforgeError('out-of-memory', `The features of ${path} take ${values * 4} bytes`, {
      where: path,
      hint: 'Give fewer rows, or number the features from 1 without gaps: every number up to the last takes room.',
      cause,
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

function isConstant(lists: readonly TrainingList[], column: number): boolean {
  const first = lists[0]!.features.data[column];
  return lists.every(({ features: { data, rows, names } }) => {
    for (let row = 0; row < rows; row++) if (data[row * names.length + column] !== first) return false;
    return true;
  });
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
