import { RankforgeError } from '../../core/errors.js';
import type { Random } from '../../core/random.js';
import { apportion } from '../apportion.js';

/** Where a negative comes from: a ranked list, a model that writes it, or the corpus at large. */
export type NegativeKind = 'mined' | 'written' | 'random';

/** One kind of negative, of one retriever and one band of hardness where these are named. */
export interface NegativeCell {
  readonly kind: NegativeKind;
  /** Name of the retriever of mined ones. @default all of them alike */
  readonly retriever?: string;
  /** Least hardness, and the hardness it stays below (1 itself is in a band that ends there), of mined ones. @default [0, 1] */
  readonly hardness?: readonly [number, number];
}

/** A cell and its part of the whole. */
export interface MixShare extends NegativeCell {
  /** Above 0; shares are taken in proportion, so they need not sum to 1. */
  readonly share: number;
}

/** A cell and how many of one query's negatives it gives. */
export interface Places extends NegativeCell {
  readonly places: number;
}

/** @throws RankforgeError `usage` for a mix without shares, or with one that makes no sense */
export function checkMix(mix: readonly MixShare[]): void {
  const fail = (what: string): RankforgeError =>
    new RankforgeError('usage', what, { where: 'mix', hint: 'Correct the mix of negatives.' });
  if (mix.length === 0) throw fail('The mix of negatives is empty');
  for (const cell of mix) {
    const name = cellName(cell);
    if (!(cell.share > 0 && Number.isFinite(cell.share)))
      throw fail(`The share of ${name} must be a number above 0, not ${cell.share}`);
    if (cell.kind !== 'mined' && (cell.retriever !== undefined || cell.hardness !== undefined))
      throw fail(`Only mined negatives have a retriever or a hardness: ${name}`);
    const [low, high] = cell.hardness ?? [0, 1];
    if (!(low >= 0 && low < high && high <= 1))
      throw fail(`A band of hardness is from 0 to 1, the lower end first, not ${low}-${high}`);
  }
}

/** For counters and messages: `mined`, `mined:bm25@0.5-0.9`, `random`. */
export function cellName({ kind, retriever, hardness }: NegativeCell): string {
  const from = retriever === undefined ? '' : `:${retriever}`;
  return `${kind}${from}${hardness ? `@${hardness[0]}-${hardness[1]}` : ''}`;
}

/** Whether a hardness is in a cell's band. */
export const inCellBand = (value: number, { hardness: [low, high] = [0, 1] }: NegativeCell): boolean =>
  value >= low && (value < high || (high === 1 && value === 1));

/**
 * The other mined cells, nearest first: what fills the places of a mined cell that has run dry. Nearest is the one with the nearest middle of its
 * band; of equals one of the same retriever, then the first.
 */
export function nearestMined<C extends NegativeCell>(cell: NegativeCell, cells: readonly C[]): C[] {
  const middle = ({ hardness: [low, high] = [0, 1] }: NegativeCell): number => (low + high) / 2;
  const far = (other: C): number => Math.abs(middle(other) - middle(cell));
  const stranger = (other: C): number => (other.retriever === cell.retriever ? 0 : 1);
  return cells
    .filter((other) => other.kind === 'mined' && other !== cell)
    .sort((a, b) => far(a) - far(b) || stranger(a) - stranger(b));
}

/**
 * One query's places where its neighbours are not known: as many as `count`, each cell its exact part rounded down or up, the rounding
 * drawn so that every cell gets its share in expectation, over many queries, without bias (systematic sampling).
 * @see Madow 1949, doi:10.1214/aoms/1177729988
 */
export function drawPlaces(mix: readonly MixShare[], count: number, random: Random): Places[] {
  checkMix(mix);
  const total = mix.reduce((sum, { share }) => sum + share, 0);
  const start = random.next();
  let sum = 0;
  let before = 0;
  return mix.map(({ share, ...cell }, index) => {
    sum += share;
    // The last sum is the whole, whatever additions have rounded off.
    const upTo = index === mix.length - 1 ? count : Math.floor((sum / total) * count + start);
    const places = Math.min(upTo, count) - before;
    before += places;
    return { ...cell, places };
  });
}

/**
 * The places of every query of a set: each query as many as `count`, and over the whole set each cell exactly its share, to within one place (largest
 * remainders). A cell's places are spread evenly over the queries.
 * @returns one row a query
 */
export function planPlaces(mix: readonly MixShare[], count: number, queries: number): Places[][] {
  checkMix(mix);
  const totals = apportion(
    mix.map(({ share }) => share),
    count * queries,
  );
  // Every cell's places lie at even distances on one line, which is then cut into rows.
  const line = totals
    .flatMap((total, cell) => Array.from({ length: total }, (_, at) => ({ cell, at: (at + 0.5) / total })))
    .sort((a, b) => a.at - b.at || a.cell - b.cell);
  return Array.from({ length: queries }, (_, query) => {
    const row = line.slice(query * count, (query + 1) * count);
    return mix.map(({ share: _share, ...cell }, index) => ({
      ...cell,
      places: row.filter(({ cell: of }) => of === index).length,
    }));
  });
}
