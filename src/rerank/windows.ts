import { RankforgeError } from '../core/errors.js';

/** Half-open, indexes from 0. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

export interface WindowShape {
  /** Passages per window, 2 or more. */
  readonly size: number;
  /** Ranks moved between windows, 1 to `size`. */
  readonly stride: number;
}

/**
 * Windows over indexes [start, depth), last ranks first: each begins `stride` ranks before the one after it, and the
 * last begins where the list does, so it may be shorter than `size`. What fits in one window is one window.
 * RankGPT's loop stops before the first ranks where windows do not line up and has no window for depth < size;
 * RankLLM's has none for depth = size − stride. A window of one item compares nothing and is left out.
 * @throws RankforgeError `usage` for a shape out of range
 */
export function planWindows(depth: number, { size, stride }: WindowShape, start = 0): Window[] {
  checkShape({ size, stride });
  const windows: Window[] = [];
  for (let end = depth; end - start > 1; end -= stride) {
    const from = Math.max(start, end - size);
    windows.push({ start: from, end });
    if (from === start) break;
  }
  return windows;
}

/** @throws RankforgeError `usage` */
export function checkShape({ size, stride }: WindowShape): void {
  if (Number.isInteger(size) && size >= 2 && Number.isInteger(stride) && stride >= 1 && stride <= size)
    return;
  const message =
    size < 2
      ? `A window needs at least two passages, and was given ${size}`
      : `A window of ${size} passages cannot move by ${stride}`;
  throw new RankforgeError('usage', message, {
    where: `${size}/${stride}`,
    hint: 'Give whole numbers: a window of 2 or more, and a stride of 1 up to the window, for instance sliding:20/10.',
  });
}
