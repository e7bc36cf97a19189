import type { Example, ExamplePassage } from '../../core/example.js';
import type { Grade } from '../../core/judgement.js';
import type { Query } from '../../core/query.js';

export interface RelevanceOptions {
  /** The lowest grade that counts as relevant. @default 2, answers in part */
  readonly relevantFrom?: Grade;
}

/** An example's passages, relevant ones best first and the others in their order. */
export function splitByRelevance(
  { passages }: Example,
  { relevantFrom = 2 }: RelevanceOptions,
): { relevant: ExamplePassage[]; others: ExamplePassage[] } {
  const relevant = passages.filter(({ grade }) => grade >= relevantFrom).sort((a, b) => b.grade - a.grade);
  return { relevant, others: passages.filter(({ grade }) => grade < relevantFrom) };
}

/** The text a model is trained on: the query, and after it the instruction that narrows it. */
export const queryText = ({ text, instruction }: Query): string =>
  instruction ? `${text} ${instruction}` : text;
