import { RankforgeError } from '../core/errors.js';

/**
 * The most comparisons of one query. Every pair of 1000 passages is within it; beyond it a query would take a day at six
 * comparisons a second, and the list of them the memory of the process.
 */
const mostGroups = 500_000;

/** Refuses a query of too many comparisons before they are listed. @throws RankforgeError `usage` */
export function checkGroupCount(count: number): void {
  if (count <= mostGroups) return;
  throw new RankforgeError(
    'usage',
    `One query would take ${Number.isFinite(count) ? Math.round(count) : 'endless'} comparisons or more, and ${mostGroups} are the most`,
    {
      where: 'program',
      hint: 'Rerank fewer candidates, or use a program that compares fewer, such as sliding, tdpart or pairwise-heap.',
    },
  );
}
