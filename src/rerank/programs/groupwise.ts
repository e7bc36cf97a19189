import { RankforgeError } from '../../core/errors.js';
import { randomStream, shuffle } from '../../core/random.js';
import { checkGroupCount } from '../group-limit.js';
import type { Group, Program, ProgramRun } from '../program.js';
import type { ProgramEntry } from './entry.js';
import { allItems, byScore, checkNumber, deal } from './grouping.js';

export interface GroupwiseOptions {
  /** Passages per group at most. @default 20 */
  readonly size?: number;
  /** Times that all passages are scored, each in other groups; the scores are averaged. @default 1 */
  readonly partitions?: number;
  readonly seed?: number;
}

/**
 * Groups scored jointly, then merged by score: `partitions` · ⌈n / size⌉ calls in one round. The first partition deals
 * the first-stage ranking out, so that every group holds as much of its front and its scores mean as much; more
 * partitions are shuffled, in what they group and in the order shown. An item whose comparisons all failed keeps its
 * first-stage rank.
 * @throws RankforgeError `usage` for numbers out of range; `unsupported` (from the run) where the comparator gives no scores
 * @see Sun et al. 2025, "GroupRank", arXiv:2511.11653
 */
export function groupwise({ size = 20, partitions = 1, seed = 0 }: GroupwiseOptions = {}): Program {
  checkNumber(size, 'The group', { least: 1 });
  checkNumber(partitions, 'The number of partitions', { least: 1 });
  return function* (n): ProgramRun {
    if (n < 2) return { order: allItems(n) };
    checkGroupCount(partitions * Math.ceil(n / size));
    const groups = Array.from({ length: partitions }, (_, partition): Group[] => {
      const items =
        partition === 0 ? allItems(n) : shuffle(allItems(n), randomStream(seed, 'groupwise', partition));
      return deal(items, Math.ceil(n / size));
    }).flat();
    const outcomes = yield groups;
    const sums = new Float64Array(n);
    const counts = new Float64Array(n);
    for (const [index, { scores, failed }] of outcomes.entries()) {
      if (failed) continue;
      if (!scores) {
        throw new RankforgeError('unsupported', 'The comparator gives no scores', {
          hint: 'Use a program that needs orders only, such as sliding or blocks, or a comparator that scores.',
        });
      }
      for (const [position, item] of groups[index]!.entries()) {
        sums[item]! += scores[position]!;
        counts[item]! += 1;
      }
    }
    return byScore(allItems(n).map((item) => (counts[item]! > 0 ? sums[item]! / counts[item]! : undefined)));
  };
}

export const groupwiseEntry: ProgramEntry = {
  form: 'groupwise[:GROUP[/PARTITIONS]][@TOP]',
  summary: 'GroupRank: groups scored jointly, merged by score',
  numbers: 2,
  create: ([size, partitions], { seed }) => groupwise({ size, partitions, seed }),
};
