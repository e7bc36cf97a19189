import type { Candidates } from '../../core/candidates.js';
import { RankforgeError } from '../../core/errors.js';
import { lookUp } from '../../core/names.js';
import type { Comparator } from '../comparator.js';
import { batchComparator } from './batch.js';
import { contentFreeComparator } from './content-free.js';
import { permutedComparator, rotatedComparator } from './rotations.js';

/** What debiasing may need; each is asked for only where it does. */
export interface DebiasNeeds {
  /** Candidates of queries like those that will be ranked: for `batch`. */
  readonly sample?: readonly Candidates[];
  /** @default 0 */
  readonly seed?: number;
}

export interface DebiasEntry {
  /** How it is written, for help and errors. */
  readonly form: string;
  readonly summary: string;
  /** Whether a number may follow a colon. */
  readonly numbered: boolean;
  create(comparator: Comparator, times: number | undefined, needs: DebiasNeeds): Comparator;
}

/** The ways to take from a comparator's scores what position alone decides. */
export const debiasings = {
  'content-free': {
    form: 'content-free',
    summary: 'what passages without content get at each position is taken off',
    numbered: false,
    create: (comparator) => contentFreeComparator(comparator),
  },
  batch: {
    form: 'batch',
    summary: "each position's mean over a batch of the run's own passages, shuffled, is taken off",
    numbered: false,
    create: (comparator, _, { sample = [], seed }) => batchComparator(comparator, { sample, seed }),
  },
  rotations: {
    form: 'rotations[:TIMES]',
    summary: 'each window is shown several times, moved on in a circle, and scores are averaged',
    numbered: true,
    create: (comparator, times) => rotatedComparator(comparator, { times }),
  },
  permutations: {
    form: 'permutations[:TIMES]',
    summary: 'each window is shown several times, in random orders, and scores are averaged',
    numbered: true,
    create: (comparator, times, { seed }) => permutedComparator(comparator, { times, seed }),
  },
} satisfies Record<string, DebiasEntry>;

export type DebiasName = keyof typeof debiasings;

/**
 * A comparator debiased by a written form: `content-free`, `batch`, `rotations:4`, `permutations:4`.
 * @throws RankforgeError `unknown-name` with the nearest right one; `usage` for a number that does not fit, or a
 * comparator that sees each passage alone; `too-little-data` for `batch` without a sample
 */
export function debias(comparator: Comparator, spec: string, needs: DebiasNeeds = {}): Comparator {
  const [name = '', times, ...more] = spec.split(':');
  const entry: DebiasEntry = lookUp(debiasings, name, 'debiasing');
  if (more.length > 0 || (times !== undefined && !(entry.numbered && /^[1-9]\d{0,3}$/.test(times)))) {
    throw new RankforgeError('usage', `"${spec}" is no debiasing`, {
      where: spec,
      hint: `Write it as ${entry.form}, with a whole number from 1.`,
    });
  }
  return entry.create(comparator, times === undefined ? undefined : Number(times), needs);
}
