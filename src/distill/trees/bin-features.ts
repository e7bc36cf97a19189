import { type Block, BlockStore } from '../../core/block-store.js';
import type { FilledCells } from '../features/feature-set.js';
import { cellsOf } from '../features/filled-cells.js';
import { binOf, findBounds, type RowMatrix, rowsOf } from './bin-bounds.js';

/**
 * Features cut into at most 255 bins, for trees that look at histograms instead of values. Each row keeps only the
 * bins that are not its feature's most frequent one, so a sparse matrix costs what its filled cells cost.
 * @see Ke et al. 2017, LightGBM, section 2.1 (histograms) and its `most_freq_bin`
 */
export interface BinnedFeatures {
  readonly rows: number;
  readonly features: number;
  /** By feature, the largest value of each bin but the last. */
  readonly bounds: readonly Float64Array[];
  /** First histogram cell of each feature, and their number at the end. */
  readonly offsets: Int32Array;
  /** Each feature's most frequent bin. */
  readonly common: Int32Array;
  /** All rows, some thousand after the other: they may lie in a file. */
  readonly blocks: readonly RowBlock[];
}

/** Some rows' bins. */
interface RowBlock {
  /** The first row, and the row after the last. */
  readonly from: number;
  readonly to: number;
  /** @param rows rising @returns the index after the last of them, from `start` on, that is in the block */
  endIn(rows: Int32Array, start: number): number;
  /** @returns the bin of each row */
  binsOf(feature: number): Uint8Array;
  /**
   * Where the histogram cells of row `from` + r begin, three numbers a cell: `cells[starts[r]]` to `cells[starts[r + 1]]`; of 16 bits
   * where that is enough for all features. Good until another block is asked.
   */
  cells(): { readonly starts: Uint32Array; readonly cells: Uint16Array | Uint32Array };
}

const rowsOfBlock = 8192;

/**
 * @param matrices one after the other, of `features` columns, finite
 * @param store where the bins go  @param turn called now and then: a million rows take a while
 */
export async function binFeatures(
  matrices: readonly RowMatrix[],
  features: number,
  {
    store = new BlockStore(),
    turn,
  }: { readonly store?: BlockStore; readonly turn?: () => Promise<void> } = {},
): Promise<BinnedFeatures> {
  const lists = matrices.map((matrix) => cellsOf(matrix, features));
  const total = rowsOf(matrices);
  const bounds = await findBounds(lists, { features, rows: total }, turn);
  const offsets = new Int32Array(features + 1);
  for (const [feature, limits] of bounds.entries())
    offsets[feature + 1] = offsets[feature]! + limits.length + 1;
  // Of constant features there are no bins: a file may leave out most of its numbers.
  const live = Int32Array.from([...bounds.keys()].filter((feature) => bounds[feature]!.length > 0));
  const counts = new Uint32Array(offsets[features]!);
  const binned: { readonly from: number; readonly to: number; readonly bins: Block }[] = [];
  for await (const { from, to, bins } of binRows(lists, { bounds, live, total }, turn)) {
    for (let place = 0; place < live.length; place++) {
      const first = offsets[live[place]!]!;
      const start = place * (to - from);
      const end = start + to - from;
      for (let i = start; i < end; i++) counts[first + bins[i]!]!++;
    }
    binned.push({ from, to, bins: store.add(bins) });
  }
  const common = Int32Array.from(bounds, (_, feature) => {
    const own = counts.subarray(offsets[feature]!, offsets[feature + 1]!);
    return own.indexOf(own.reduce((top, count) => Math.max(top, count), 0));
  });
  const places = placesOf(live, features);
  const blocks: RowBlock[] = [];
  const storeCells = createCellStore({ live, offsets, common }, store);
  for (const { from, to, bins } of binned) {
    await turn?.();
    const rows = to - from;
    blocks.push({
      ...{ from, to },
      endIn: (own, start) => (to === total ? own.length : firstFrom(own, start, to)),
      cells: storeCells(bins.read(), rows),
      binsOf: (feature) => bins.read({ start: places[feature]! * rows, length: rows }),
    });
  }
  return { rows: total, features, bounds, offsets, common, blocks };
}

/** @returns the index of the first of rising rows, from `start` on, that is `row` or beyond it */
function firstFrom(rows: Int32Array, start: number, row: number): number {
  let [low, high] = [start, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]! < row) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** By feature its place among those that are live; −1 where it is not. */
function placesOf(live: Int32Array, features: number): Int32Array {
  const places = new Int32Array(features).fill(-1);
  for (const [place, feature] of live.entries()) places[feature] = place;
  return places;
}

/** Rows as bins, by live feature, a block at a time. */
async function* binRows(
  lists: readonly (() => FilledCells)[],
  {
    bounds,
    live,
    total,
  }: { readonly bounds: readonly Float64Array[]; readonly live: Int32Array; readonly total: number },
  turn?: () => Promise<void>,
): AsyncGenerator<{ readonly from: number; readonly to: number; readonly bins: Uint8Array<ArrayBuffer> }> {
  const places = placesOf(live, bounds.length);
  const zeros = Uint8Array.from(live, (feature) => binOf(0, bounds[feature]!));
  const newBlock = (rows: number): Uint8Array<ArrayBuffer> => {
    const bins = new Uint8Array(rows * live.length);
    for (const [place, bin] of zeros.entries()) bins.fill(bin, place * rows, (place + 1) * rows);
    return bins;
  };
  let from = 0;
  let rows = Math.min(rowsOfBlock, total);
  let bins = newBlock(rows);
  let at = 0;
  for (const cells of lists) {
    await turn?.();
    const { starts, columns, values } = cells();
    for (let row = 0; row < starts.length - 1; row++) {
      const end = starts[row + 1]!;
      for (let i = starts[row]!; i < end; i++) {
        const place = places[columns[i]!]!;
        if (place >= 0) bins[place * rows + at] = binOf(values[i]!, bounds[columns[i]!]!);
      }
      if (++at < rows) continue;
      yield { from, to: from + rows, bins };
      from += rows;
      rows = Math.min(rowsOfBlock, total - from);
      bins = newBlock(rows);
      at = 0;
    }
  }
}

/**
 * @returns a function that stores what is not in its feature's most frequent bin, given a block's bins by live feature; what it
 * returns reads the cells back, all blocks' into the same room
 */
function createCellStore(
  { live, offsets, common }: { readonly live: Int32Array } & Pick<BinnedFeatures, 'offsets' | 'common'>,
  store: BlockStore,
): (bins: Uint8Array, rows: number) => RowBlock['cells'] {
  const Cells = offsets.at(-1)! * 3 < 2 ** 16 ? Uint16Array : Uint32Array;
  let room = new ArrayBuffer();
  return (bins, rows) => {
    const starts = new Uint32Array(rows + 1);
    for (let place = 0; place < live.length; place++) {
      const most = common[live[place]!]!;
      const start = place * rows;
      for (let row = 0; row < rows; row++) if (bins[start + row] !== most) starts[row + 1]!++;
    }
    for (let row = 0; row < rows; row++) starts[row + 1]! += starts[row]!;
    const cells = new Cells(starts[rows]!);
    const next = starts.slice();
    for (let place = 0; place < live.length; place++) {
      const most = common[live[place]!]!;
      const first = offsets[live[place]!]!;
      const start = place * rows;
      for (let row = 0; row < rows; row++) {
        const bin = bins[start + row]!;
        if (bin !== most) cells[next[row]!++] = (first + bin) * 3;
      }
    }
    if (cells.byteLength > room.byteLength) room = new ArrayBuffer(cells.byteLength);
    const block = store.add(new Uint8Array(cells.buffer));
    return () => {
      const { buffer, byteOffset, byteLength } = block.read({ into: room });
      return { starts, cells: new Cells(buffer, byteOffset, byteLength / Cells.BYTES_PER_ELEMENT) };
    };
  };
}
