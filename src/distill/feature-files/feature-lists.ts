import { RankforgeError } from '../../core/errors.js';
import { randomStream, shuffle } from '../../core/random.js';
import type { ReadOptions } from '../../formats/bad-line.js';
import { type FeatureRows, readSvmlight } from '../../formats/svmlight.js';
import type { FeatureMatrix } from '../features/feature-set.js';
import type { LabelKind, TrainingList } from '../training-list.js';

/** A query of a feature file as students read it. */
export interface FeatureList extends TrainingList {
  /** Of the rows. */
  readonly ids: readonly string[];
}

/** Features are called by their number in the file. */
const featureName = (column: number): string => `f${column}`;

/** LightGBM's limit: 2^label − 1 is a gain. */
const largestGrade = 31;

/**
 * All queries of a file, for training. Their rows are shuffled: files are often sorted by label, and ties keep the order of rows.
 * The file is read twice, so that the features fit into one array a query, whatever number is the last.
 * @throws RankforgeError as `readSvmlight`; `too-little-data` for a file without rows or whose features are all constant;
 * `bad-file` for grades below 0 or above 31
 */
export async function readFeatureLists(
  path: string,
  { labels, seed, ...options }: ReadOptions & { readonly labels: LabelKind; readonly seed: number },
): Promise<FeatureList[]> {
  const names = await featureNames(path, options);
  const toMatrix = matrixMaker(names);
  const lists: FeatureList[] = [];
  for await (const query of readSvmlight(path, options)) {
    const rows = shuffle([...query.rows], randomStream(seed, 'feature-rows', query.queryId));
    if (labels === 'grades') checkGrades({ queryId: query.queryId, rows }, path);
    lists.push({
      queryId: query.queryId,
      ids: rows.map(({ id }) => id),
      features: toMatrix({ queryId: query.queryId, rows }).matrix,
      labels: Float64Array.from(rows, ({ label }) => label),
    });
  }
  if (lists.length > 0 && names.every((_, column) => isConstant(lists, column))) {
    throw new RankforgeError('too-little-data', 'Every feature has one value in all rows', {
      where: path,
      hint: 'Give a file whose features tell rows apart.',
    });
  }
  return lists;
}

/** @returns a query's rows as a matrix of the named features, and how many values had no place in it */
export function matrixMaker(
  names: readonly string[],
): (query: FeatureRows) => { readonly matrix: FeatureMatrix; readonly unknown: number } {
  const columnOf = new Map(names.map((name, column) => [Number(name.slice(1)), column]));
  return ({ rows }) => {
    const data = new Float64Array(rows.length * names.length);
    let unknown = 0;
    for (const [row, { columns, values }] of rows.entries()) {
      for (let i = 0; i < columns.length; i++) {
        const column = columnOf.get(columns[i]!);
        if (column === undefined) unknown++;
        else data[row * names.length + column] = values[i]!;
      }
    }
    return { matrix: { names, rows: rows.length, data }, unknown };
  };
}

/** From the first number that the file has to the last; bad lines are told by the second reading. */
async function featureNames(path: string, { signal }: ReadOptions): Promise<string[]> {
  let [first, last] = [Number.POSITIVE_INFINITY, -1];
  for await (const { rows } of readSvmlight(path, { signal, onBadLine: () => {} })) {
    for (const { columns } of rows) {
      first = Math.min(first, columns[0] ?? first);
      last = Math.max(last, columns.at(-1) ?? last);
    }
  }
  return last < 0 ? [] : Array.from({ length: last - first + 1 }, (_, i) => featureName(first + i));
}

function checkGrades({ queryId, rows }: FeatureRows, path: string): void {
  const wrong = rows.find(({ label }) => label < 0 || label > largestGrade);
  if (!wrong) return;
  throw new RankforgeError('bad-file', `Query "${queryId}" has the grade ${wrong.label}`, {
    where: `${path}: query ${queryId}`,
    hint: `Grades are 0 to ${largestGrade}; a teacher's scores must be given as scores (--teacher-labels scores).`,
  });
}

function isConstant(lists: readonly FeatureList[], column: number): boolean {
  const first = lists[0]!.features.data[column];
  return lists.every(({ features: { data, rows, names } }) => {
    for (let row = 0; row < rows; row++) if (data[row * names.length + column] !== first) return false;
    return true;
  });
}
