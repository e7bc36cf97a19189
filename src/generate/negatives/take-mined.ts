import { RankforgeError } from '../../core/errors.js';
import type { ExamplePassage } from '../../core/example.js';
import type { Grade } from '../../core/judgement.js';
import { type Passage, passageText } from '../../core/passage.js';
import { randomStream } from '../../core/random.js';
import type { CallOptions } from '../../models/language-model.js';
import type { Corpus } from '../corpus.js';
import type { Verdict } from '../judge/judge.js';
import { judgeUnknown } from '../judge-unknown.js';
import type { CandidatePool } from './candidate-pool.js';
import type { Gathering } from './gathering.js';
import { cellName, drawPlaces, inCellBand, nearestMined, type Places } from './mix.js';
import { repeats } from './repeats.js';

/** What a judge says that a place is filled by. */
type Said = Pick<Verdict, 'grade' | 'reason'>;

export interface TakeMinedOptions extends CallOptions {
  readonly corpus: Corpus;
  readonly seed: number;
  /** Grades that are known, by passage id: no filter is asked about them. */
  readonly known?: ReadonlyMap<string, Grade>;
  /** What the example holds already: neither mined, drawn nor written again. */
  readonly held?: readonly Passage[];
  /** A mined false negative is left out, or kept as the positive it is. @default 'drop' */
  readonly onFalseNegative?: 'drop' | 'relabel';
  /** Whether another negative takes the place of one that was relabelled, at the cost of further calls. @default false */
  readonly replaceRelabelled?: boolean;
  /**
   * Places that their own cell cannot fill: `fill` gives mined ones to the mined cell nearest in hardness that has more, and what is left
   * then, like written ones, to random negatives where the mix has some; `leave` leaves them empty. Either way they are noted. @default 'fill'
   */
  readonly onShort?: 'fill' | 'leave';
}

/** A cell of one pool. */
interface PoolCell extends Places {
  readonly pool: CandidatePool;
  /** The cell of the mix that it is of, by name. */
  readonly of: string;
}

/**
 * Takes mined negatives into a gathering, cell by cell; then the nearest other cells fill the places that some could not.
 * @returns places that stayed empty
 * @throws RankforgeError `usage` for a cell of a retriever that is not among the pools
 */
export async function takeMined(
  gathering: Gathering,
  pools: readonly CandidatePool[],
  places: readonly Places[],
  options: TakeMinedOptions,
): Promise<number> {
  const { query, notes } = gathering;
  for (const { positiveUnknown } of pools) if (positiveUnknown) notes.push('positive-not-retrieved');
  const cells = places.flatMap((cell) => inPools(cell, pools, query.id, options.seed));
  const looked = new Set(options.held?.map(({ id }) => id));
  const take = taker(gathering, pools, looked, options);
  const missing: { readonly cell: PoolCell; places: number }[] = [];
  for (const cell of cells) missing.push({ cell, places: cell.places - (await take(cell, cell.places)) });
  let empty = 0;
  for (const { cell, places: short } of missing) {
    let left = short;
    // Other pools' part of the same cell first: that is no other band, and nothing to be told.
    const others = options.onShort === 'leave' ? cells.filter(({ of }) => of === cell.of) : cells;
    for (const other of nearestMined(cell, others)) {
      if (left === 0) break;
      const filled = await take(other, left);
      left -= filled;
      if (other.of === cell.of) continue;
      for (let place = 0; place < filled; place++) notes.push(`short:${cell.of}`, `filled:${other.of}`);
    }
    for (let place = 0; place < left; place++) if (cell.of !== 'mined') notes.push(`short:${cell.of}`);
    empty += left;
  }
  return empty;
}

/** A mined cell's places in the pools of its retriever, or evenly in all of them. */
function inPools(
  cell: Places,
  pools: readonly CandidatePool[],
  queryId: string,
  seed: number,
): readonly PoolCell[] {
  if (cell.kind !== 'mined' || cell.places === 0) return [];
  const found = pools.filter(({ name }) => cell.retriever === undefined || name === cell.retriever);
  const of = cellName(cell);
  if (found.length === 0) {
    throw new RankforgeError('usage', `Nothing is mined from a list called "${cell.retriever}"`, {
      where: of,
      hint: `Name one of: ${pools.map(({ name }) => name).join(', ')}.`,
    });
  }
  if (found.length === 1) return found.map((pool) => ({ ...cell, retriever: pool.name, pool, of }));
  // One stream a query and cell, so that odd places fall to each retriever as often.
  const even = drawPlaces(
    found.map(({ name }) => ({ kind: 'mined', retriever: name, share: 1 })),
    cell.places,
    randomStream(seed, 'negative-sources', queryId, of),
  );
  return found.map((pool, index) => ({
    ...cell,
    retriever: pool.name,
    places: even[index]!.places,
    pool,
    of,
  }));
}

/** A function that takes up to so many passages for a cell, and looks at no passage twice. */
function taker(
  { query, positives, filter, passages, rejected, notes, ledgerKeys, seen, falseNegatives }: Gathering,
  pools: readonly CandidatePool[],
  looked: Set<string>,
  { corpus, known, onFalseNegative = 'drop', replaceRelabelled = false, signal }: TakeMinedOptions,
): (cell: PoolCell, wanted: number) => Promise<number> {
  const repeatsPositive = repeats(positives);
  const relevantFrom = filter?.relevantFrom ?? 2;

  /** The passage, or why it is out before anyone is asked. */
  const fetch = async (id: string, pool: CandidatePool): Promise<Passage | string> => {
    const passage = await corpus.get(id);
    if (!passage) return 'not-in-corpus';
    const reason = repeatsPositive(passage);
    if (reason) return reason;
    // A judged one needs no threshold: the nearest of those that are no answer are the hardest.
    const closed = pool.positiveUnknown && !filter;
    if (!known?.has(id) && (closed || pools.some((each) => each.isTooClose(id))))
      return 'too-close-to-positive';
    return seen.add(id, passageText(passage))?.reason ?? passage;
  };

  const verdictsOn = async (batch: readonly Passage[]): Promise<readonly Said[]> => {
    const asked = batch.filter(({ id }) => !known?.has(id));
    const verdicts = filter && asked.length > 0 ? await filter.grade(query, asked, { signal }) : [];
    for (const verdict of verdicts) ledgerKeys.push(...verdict.ledgerKeys);
    const unasked: Grade = 0;
    return batch.map((passage) => {
      const grade = known?.get(passage.id);
      if (grade !== undefined) return { grade };
      return verdicts[asked.indexOf(passage)] ?? { grade: unasked };
    });
  };

  /** Keeps a passage, or says why not. @returns whether it fills a place */
  const settle = (passage: Passage, verdict: Said, { pool }: PoolCell): boolean => {
    const { grade } = verdict;
    if (grade === undefined) {
      rejected.push(judgeUnknown(verdict));
      return false;
    }
    const relevant = grade >= relevantFrom;
    if (relevant) falseNegatives.push(passage);
    if (relevant && onFalseNegative === 'drop') {
      rejected.push('false-negative');
      return false;
    }
    if (relevant) notes.push('false-negative-relabelled');
    const item: ExamplePassage = {
      passage,
      grade,
      kind: relevant ? 'positive' : 'hard-negative',
      origin: `mined:${pool.name}`,
      hardness: pool.hardnessOf(passage.id),
    };
    passages.push(item);
    return !(relevant && replaceRelabelled);
  };

  return async (cell, wanted) => {
    const { pool } = cell;
    let at = 0;
    let taken = 0;
    while (taken < wanted) {
      signal?.throwIfAborted();
      // As many together as there are places left: no more are asked about than are needed.
      const batch: Passage[] = [];
      for (; at < pool.candidates.length && batch.length < wanted - taken; at++) {
        const id = pool.candidates[at]!;
        if (looked.has(id) || !inCellBand(pool.hardnessOf(id), cell)) continue;
        looked.add(id);
        const found = await fetch(id, pool);
        if (typeof found === 'string') rejected.push(found);
        else batch.push(found);
      }
      if (batch.length === 0) break;
      const verdicts = await verdictsOn(batch);
      for (const [index, passage] of batch.entries())
        if (settle(passage, verdicts[index] ?? { grade: undefined }, cell)) taken += 1;
    }
    return taken;
  };
}
