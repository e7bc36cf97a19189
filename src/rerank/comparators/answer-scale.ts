import { RankforgeError } from '../../core/errors.js';
import { logSumExp } from '../../core/vectors.js';
import type { Warning } from '../../core/warning.js';
import type { NextTokenReply } from '../../models/language-model.js';
import { logOdds } from './log-odds.js';

/** A question about one passage whose answer is one of a few words, and what each answer is worth. */
export interface AnswerScale {
  readonly prompt: string;
  readonly answers: readonly string[];
  /** @throws RankforgeError `bad-reply` where no answer was shown */
  readonly score: (reply: NextTokenReply, id: string) => { score: number; bound: readonly Warning[] };
  /** The worth of a written answer; undefined where it is none. */
  readonly read: (text: string) => number | undefined;
}

/** ln P(Yes) − ln P(No); written, 1 and −1. */
const yesNo: AnswerScale = {
  prompt: 'rerank/yes-no',
  answers: ['Yes', 'No'],
  score: (reply, id) => logOdds(reply, ['Yes', 'No'], id),
  read(text) {
    const answer = /^\W*(yes|no)\b/i.exec(text)?.[1]?.toLowerCase();
    return answer === undefined ? undefined : answer === 'yes' ? 1 : -1;
  },
};

/** The expected grade over 0 to 3, each grade weighted by its probability among the grades shown. */
const graded: AnswerScale = {
  prompt: 'rerank/graded',
  answers: ['0', '1', '2', '3'],
  score({ logProbabilities, mass, usage }, id) {
    const shown = logProbabilities.map((value) => value ?? Number.NEGATIVE_INFINITY);
    const total = logSumExp(shown);
    if (!Number.isFinite(total)) {
      throw new RankforgeError('bad-reply', 'The model showed no grade among its top tokens', {
        where: id,
        hint: 'Use a server that shows more of its top log-probabilities, or the comparator "generate".',
        usage,
      });
    }
    const score = shown.reduce((sum, value, grade) => sum + grade * Math.exp(value - total), 0);
    const unseen = logProbabilities.filter((value) => value === null).length;
    if (unseen === 0) return { score, bound: [] };
    const message = `${unseen} of 4 grades were not among the model's top tokens and count for nothing; those seen hold a probability of ${mass.toPrecision(3)}`;
    return { score, bound: [{ code: 'unseen-labels', message, id }] };
  },
  read(text) {
    const grade = /^\W*(?:(?:grade|score|answer)\W{1,3})?([0-3])[.)"'*]*\s*(?:$|\n|[-–—=:(](?!\s*\d))/i.exec(
      text,
    )?.[1];
    return grade === undefined ? undefined : Number(grade);
  },
};

export const answerScales = { 'yes-no': yesNo, graded } satisfies Record<string, AnswerScale>;
export type AnswerScaleName = keyof typeof answerScales;
