import { RankforgeError } from '../../core/errors.js';
import { makeFolds } from '../../core/folds.js';
import { repeatedName } from '../../core/names.js';
import { randomStream } from '../../core/random.js';
import type { Run, ScoredId } from '../../core/run.js';
import type { Warning } from '../../core/warning.js';
import { fitKnownItemWeights, type KnownItemList, knownItemLoss } from './known-item-logit.js';
import {
  isFlattered,
  meanAndError,
  measureScores,
  measureTeachers,
  sumScores,
  type TeacherData,
  type TeacherMeasurement,
  type TeacherRun,
  teacherScores,
} from './measure-teachers.js';

export interface FuseOptions {
  readonly seed: number;
  /** Folds of known items that each teacher's worth is judged on. @default 10 */
  readonly folds?: number;
  /** How strongly weights are held to 0, the untrained fusion. @default 0.1 */
  readonly ridge?: number;
  /** Known items that a teacher's weight needs at least. @default 8 */
  readonly fewest?: number;
}

export interface TeacherTableRow extends TeacherMeasurement {
  /** In the labels, where the untrained runs have theirs; 0 adds nothing; absent for what takes no part. */
  readonly weight?: number;
  /** In words, for instance `adds nothing`. */
  readonly note?: string;
}

export interface FusedTeachers {
  /** By query, every candidate with its label, best first: any reals, comparable inside one query. */
  readonly labels: Run;
  /** By run name; a teacher that adds nothing has 0. */
  readonly weights: ReadonlyMap<string, number>;
  /** Every run, then the untrained fusion and the labels. */
  readonly rows: readonly TeacherTableRow[];
  readonly warnings: readonly Warning[];
}

// No teacher outweighs the untrained fusion more than this on the word of a few dozen known items.
const largestWeight = 5;

/**
 * The labels: the untrained fusion plus those teachers that help. A teacher is taken in, best first, when with it the
 * known items of held-out queries become more probable by more than one standard error; weights are never negative and
 * are held towards the untrained fusion. A flattered teacher is judged on the queries of other writers alone, and
 * left out where there are too few.
 * @throws RankforgeError `too-little-data` without an untrained run that has a weight, `duplicate-id` for a name used twice
 */
export function fuseTeachers(data: TeacherData, options: FuseOptions): FusedTeachers {
  const { fewest = 8 } = options;
  checkRuns(data.runs);
  const z = new Map(data.runs.map((run) => [run.name, teacherScores(run, data.candidates)]));
  const untrained = data.runs.filter((run) => run.kind === 'untrained' && (run.weight ?? 1) > 0);
  const base = sumScores(
    untrained.map((run) => ({ z: z.get(run.name)!, weight: run.weight ?? 1 })),
    data.candidates,
  );
  // Brought to z-scores for fitting: one unit of a weight is one deviation of the untrained fusion.
  const { scaled, deviation } = toDeviations(base);
  const usable = [...data.known].flatMap(([queryId, passageId]) => {
    const known = data.candidates.get(queryId)?.indexOf(passageId) ?? -1;
    return known < 0 ? [] : [{ queryId, known }];
  });

  const notes = new Map<string, string>();
  const weights = new Map<string, number>(untrained.map((run) => [run.name, run.weight ?? 1]));
  const taken: { run: TeacherRun; weight: number }[] = [];
  let waiting = data.runs.filter(({ kind }) => kind === 'teacher');
  const queriesOf = (run: TeacherRun) => usable.filter(({ queryId }) => !isFlattered(run, queryId, data));
  for (const run of waiting) {
    const count = queriesOf(run).length;
    weights.set(run.name, 0);
    if (count >= fewest) continue;
    notes.set(
      run.name,
      count < usable.length
        ? `flattered: its model wrote the queries, and only ${count} are from another`
        : `too few known items (${count}) to give it a weight`,
    );
  }
  waiting = waiting.filter(({ name }) => !notes.has(name));

  while (waiting.length > 0) {
    const tried = waiting.map((run) => {
      const lists = queriesOf(run).map(({ queryId, known }) => ({
        parts: [sumOf(scaled.get(queryId)!, taken, queryId, z), z.get(run.name)!.get(queryId)!],
        known,
      }));
      return { run, lists, ...heldOutGain(lists, options) };
    });
    const best = tried.reduce((top, one) => (one.mean > top.mean ? one : top));
    if (!(best.mean > best.error)) break;
    const [scale, weight] = fitKnownItemWeights(best.lists, 2, options.ridge ?? 0.1) as [number, number];
    const ratio = Math.min(largestWeight, weight / Math.max(scale, 1e-3));
    if (ratio < 1e-3) break;
    taken.push({ run: best.run, weight: ratio });
    waiting = waiting.filter((run) => run !== best.run);
  }
  for (const { run, weight } of taken) weights.set(run.name, weight * deviation);
  for (const run of waiting) notes.set(run.name, 'adds nothing');

  const labels = sumScores(
    [
      { z: base, weight: 1 },
      ...taken.map(({ run, weight }) => ({ z: z.get(run.name)!, weight: weight * deviation })),
    ],
    data.candidates,
  );
  const rows: TeacherTableRow[] = measureTeachers(data).map((row) => {
    const note =
      notes.get(row.name) ?? (row.flattered ? 'flattered: measured on queries of other writers' : undefined);
    return {
      ...row,
      ...(weights.has(row.name) ? { weight: weights.get(row.name)! } : {}),
      ...(note ? { note } : {}),
    };
  });
  const fusion = { kind: 'fusion', flattered: false, missing: 0 } as const;
  rows.push({ name: 'untrained fusion', ...fusion, ...measureScores(base, data) });
  rows.push({
    name: 'labels',
    ...fusion,
    ...measureScores(labels, data),
    note: taken.length > 0 ? 'known items were fitted on' : 'the untrained fusion: no teacher adds to it',
  });
  return {
    labels: toRun(labels, data.candidates),
    weights,
    rows,
    warnings: warn(data, usable.length, taken.length),
  };
}

function sumOf(
  base: readonly number[],
  taken: readonly { run: TeacherRun; weight: number }[],
  queryId: string,
  z: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>,
): number[] {
  return base.map((score, i) =>
    taken.reduce((sum, { run, weight }) => sum + weight * z.get(run.name)!.get(queryId)![i]!, score),
  );
}

/** How much more probable the second part makes the known items of queries that it was not fitted on. */
function heldOutGain(
  lists: readonly KnownItemList[],
  { seed, folds = 10, ridge = 0.1 }: FuseOptions,
): { mean: number; error: number } {
  const random = randomStream(seed, 'teacher-folds');
  const gains: number[] = [];
  for (const held of makeFolds(lists.length, Math.min(folds, lists.length), random)) {
    const kept = lists.filter((_, i) => !held.has(i));
    const without = fitKnownItemWeights(
      kept.map(({ parts, known }) => ({ parts: [parts[0]!], known })),
      1,
      ridge,
    );
    const withIt = fitKnownItemWeights(kept, 2, ridge);
    for (const i of held)
      gains.push(knownItemLoss(lists[i]!, [without[0]!, 0]) - knownItemLoss(lists[i]!, withIt));
  }
  return meanAndError(gains);
}

/** Divides all scores by their common deviation, so that weights are in its units. */
function toDeviations(base: ReadonlyMap<string, readonly number[]>): {
  scaled: Map<string, number[]>;
  deviation: number;
} {
  const values = [...base.values()].flat();
  const square = values.reduce((sum, x) => sum + x * x, 0) / Math.max(1, values.length);
  const deviation = Math.sqrt(square) > 1e-9 ? Math.sqrt(square) : 1;
  return { scaled: new Map([...base].map(([id, own]) => [id, own.map((x) => x / deviation)])), deviation };
}

function toRun(
  scores: ReadonlyMap<string, readonly number[]>,
  candidates: ReadonlyMap<string, readonly string[]>,
): Run {
  return new Map(
    [...candidates].map(([queryId, ids]) => {
      const items: ScoredId[] = ids.map((id, i) => ({ id, score: scores.get(queryId)![i]! }));
      return [queryId, items.sort((a, b) => b.score - a.score)];
    }),
  );
}

function checkRuns(runs: readonly TeacherRun[]): void {
  const names = runs.map(({ name }) => name);
  const twice = repeatedName(names);
  if (twice !== undefined) {
    throw new RankforgeError('duplicate-id', `Two teacher runs are named "${twice}"`, {
      where: twice,
      hint: 'Give each run its own name.',
    });
  }
  if (runs.some(({ kind, weight }) => kind === 'untrained' && (weight ?? 1) > 0)) return;
  throw new RankforgeError('too-little-data', 'There is no untrained run to add teachers to', {
    where: names.join(', '),
    hint: 'Give BM25 or another untrained ranking of the same candidates, with a weight above 0.',
  });
}

function warn({ known, candidates }: TeacherData, usable: number, taken: number): Warning[] {
  const warnings: Warning[] = [];
  const asked = [...known.keys()].filter((id) => candidates.has(id)).length;
  if (asked > usable) {
    const message = `${asked - usable} of ${asked} known items are not among their query's candidates and fit no weight`;
    warnings.push({ code: 'known-item-missing', message });
  }
  if (taken === 0) {
    warnings.push({
      code: 'no-teacher-helps',
      message: 'No teacher adds to the untrained fusion; it is the label',
    });
  }
  return warnings;
}
