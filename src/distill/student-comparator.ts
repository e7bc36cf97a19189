import { RankforgeError } from '../core/errors.js';
import { noUsage } from '../core/usage.js';
import { orderByScore } from '../core/vectors.js';
import type { Warning } from '../core/warning.js';
import type { EmbeddingModel } from '../models/embedding-model.js';
import type { Comparator } from '../rerank/comparator.js';
import { embedList } from './features/extractor.js';
import { openScorer, type StudentScorer } from './open-scorer.js';
import { createScorer, type Student } from './student.js';

export interface StudentComparatorOptions {
  /** The encoder that the card names, where it names one. Stays open when the comparator is disposed of. */
  readonly encoder?: EmbeddingModel;
}

/**
 * Compares by a student's scores. Its features are relative to the list, so it wants all candidates in one group
 * (program `full`): a group of one is scored with a warning, as nothing is relative there. What reads texts is opened at the first
 * comparison.
 * @throws RankforgeError `usage` when the student needs an encoder that is not given, or another one
 */
export function studentComparator(student: Student, { encoder }: StudentComparatorOptions = {}): Comparator {
  const { card } = student;
  if (card.features.dense) checkEncoder(card.encoder, encoder);
  // Without a reader everything is at hand, and what is wrong with the student is said here.
  let opened: Promise<StudentScorer> | undefined;
  const score = student.reader ? undefined : createScorer(student);
  const scoreList: StudentScorer['score'] = async (query, passages, options = {}) => {
    if (score) return score(query, passages, options.vectors);
    opened ??= openScorer(student);
    return (await opened).score(query, passages, options);
  };
  return {
    name: `student:${card.name}`,
    // A network reads each pair by itself; features are relative to the list.
    absolute: student.reader !== undefined && card.features.names.length === 0,
    async compare(query, passages, { signal } = {}) {
      signal?.throwIfAborted();
      const vectors =
        card.features.dense && encoder ? await embedList(encoder, query, passages, { signal }) : undefined;
      const { scores, probabilities } = await scoreList(query, passages, { signal, vectors });
      return {
        order: orderByScore(scores),
        scores,
        ...(probabilities ? { probabilities } : {}),
        usage: noUsage,
        warnings: passages.length === 1 && card.features.names.length > 0 ? [loneWarning(query.id)] : [],
      };
    },
    cost: () => ({ calls: 0, promptTokens: 0, outputTokens: 0 }),
    async [Symbol.asyncDispose]() {
      // One that did not open has said so to whoever compared with it.
      const scorer = await opened?.catch(() => undefined);
      await scorer?.[Symbol.asyncDispose]();
    },
  };
}

const loneWarning = (id: string): Warning => ({
  code: 'student-alone',
  message: 'The student saw one passage by itself, where its features say little; use the program "full"',
  id,
});

function checkEncoder(wanted: Student['card']['encoder'], given: EmbeddingModel | undefined): void {
  if (given && given.id === wanted?.id && given.dimensions === wanted.dimensions) return;
  const name = wanted?.id ?? 'an encoder';
  throw new RankforgeError(
    'usage',
    given ? `The student was trained with ${name}, and was given ${given.id}` : `The student needs ${name}`,
    {
      where: name,
      hint: 'Open the encoder that the card names, with the same weights, and pass it as `encoder`.',
    },
  );
}
