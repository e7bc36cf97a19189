import { RankforgeError } from '../../core/errors.js';
import type { CallOptions } from '../../models/language-model.js';
import { judgeUnknown } from '../judge-unknown.js';
import type { Gathering } from './gathering.js';
import { hardness } from './hardness.js';
import { type NegativeWriter, writeNegatives } from './write-negatives.js';

/**
 * Has negatives written into a gathering, each one judged before it counts. One that turns out to answer is left out and
 * never kept as a positive: what a model made up as no answer states no fact to learn from.
 * @returns places that stayed empty
 * @throws RankforgeError `usage` without a writer, or without a filter to judge what it wrote
 */
export async function takeWritten(
  { query, positives, filter, passages, rejected, notes, ledgerKeys, seen }: Gathering,
  wanted: number,
  { writer, seed, signal }: { readonly writer?: NegativeWriter; readonly seed: number } & CallOptions,
): Promise<number> {
  if (wanted === 0) return 0;
  if (!writer || !filter) {
    throw new RankforgeError(
      'usage',
      `Written negatives are asked for, and there is no ${writer ? 'judge to read them' : 'model to write them'}`,
      { where: 'written', hint: 'Give a writer and a judge, or ask for no written ones.' },
    );
  }
  const { attempts = 2 } = writer;
  let left = wanted;
  for (let attempt = 0; attempt < attempts && left > 0; attempt++) {
    signal?.throwIfAborted();
    const request = { query, positives, count: left, attempt, seed };
    const written = await writeNegatives(request, writer, { signal });
    ledgerKeys.push(...written.ledgerKeys);
    for (const reason of written.rejected) rejected.push(`written-${reason}`);
    const fresh = written.passages.filter((passage) => {
      const repeated = seen.add(passage.id, passage.text);
      if (repeated) rejected.push(`written-${repeated.reason}`);
      return !repeated;
    });
    const verdicts = await filter.grade(query, fresh, { signal });
    for (const [index, passage] of fresh.entries()) {
      const verdict = verdicts[index]!;
      const { grade, score, ledgerKeys: keys } = verdict;
      ledgerKeys.push(...keys);
      if (grade === undefined || grade >= filter.relevantFrom) {
        rejected.push(grade === undefined ? `written-${judgeUnknown(verdict)}` : 'written-answers');
        continue;
      }
      const marked = filter.scale && score !== undefined ? { hardness: hardness(score, filter.scale) } : {};
      passages.push({ passage, grade, kind: 'hard-negative', origin: 'generated:negative', ...marked });
      left -= 1;
    }
  }
  for (let place = 0; place < left; place++) notes.push('short:written');
  return left;
}
