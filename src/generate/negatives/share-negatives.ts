import type { ExamplePassage } from '../../core/example.js';
import type { Query } from '../../core/query.js';
import type { CallOptions } from '../../models/language-model.js';
import { judgeUnknown } from '../judge-unknown.js';
import { hardness } from './hardness.js';
import type { MinedNegatives } from './mine-negatives.js';
import type { RelevanceFilter } from './relevance-filter.js';
import type { TakeMinedOptions } from './take-mined.js';

/**
 * What was mined, written and drawn for a query, as the list of its reversed twin: each passage is read again under the twin's own
 * instruction, so that lists differ by their grades and not by their passages. Random ones stay unread. Nothing is found besides, so a
 * twin takes no more calls than mining for it would.
 */
export async function shareNegatives(
  { query, negatives }: { readonly query: Query; readonly negatives: readonly ExamplePassage[] },
  filter: RelevanceFilter,
  { onFalseNegative = 'drop', signal }: Pick<TakeMinedOptions, 'onFalseNegative'> & CallOptions,
): Promise<MinedNegatives> {
  const unread = negatives.filter(({ kind }) => kind === 'random');
  const read = negatives.filter(({ kind }) => kind !== 'random');
  const texts = read.map(({ passage }) => passage);
  const verdicts = await filter.grade(query, texts, { signal });
  const passages: ExamplePassage[] = [];
  const rejected: string[] = [];
  const notes: string[] = [];
  for (const [index, { passage, origin }] of read.entries()) {
    const { grade, score } = verdicts[index]!;
    if (grade === undefined) {
      rejected.push(judgeUnknown(verdicts[index]!));
    } else if (grade < filter.relevantFrom) {
      // The first stage's scores are of the query alone and know no instruction: only this reading does.
      const marked = filter.scale && score !== undefined ? { hardness: hardness(score, filter.scale) } : {};
      passages.push({ passage, grade, kind: 'hard-negative', origin, ...marked });
    } else if (origin === 'generated:negative') {
      // As in its own list: what was made up as no answer states no fact to learn from.
      rejected.push('written-answers');
    } else if (onFalseNegative === 'drop') {
      rejected.push('false-negative');
    } else {
      passages.push({ passage, grade, kind: 'positive', origin });
      notes.push('false-negative-relabelled');
    }
  }
  const ledgerKeys = verdicts.flatMap((verdict) => verdict.ledgerKeys);
  return { passages: [...passages, ...unread], rejected, notes, ledgerKeys };
}
