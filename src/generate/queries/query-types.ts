import { RankforgeError } from '../../core/errors.js';
import { lookUp } from '../../core/names.js';
import { followUp } from './forms/follow-up.js';
import type { QueryForm } from './forms/form.js';
import { instructed } from './forms/instructed.js';
import { single } from './forms/single.js';

/**
 * The grades that follow from how a query was made: its one source is relevant; both passages it was written from are; none is, and its
 * source is only close; or it makes two examples, whose instructions reverse each other and with them the source's grade.
 */
export type GradesThatFollow = 'source' | 'both' | 'none' | 'reversed';

/** A kind of query: how it is asked for, how one is told from the others, and what follows from it. */
export interface QueryType {
  /** One line, for help texts. */
  readonly summary: string;
  /** The template that it is asked for with. */
  readonly prompt: string;
  /** What the model is asked to write, besides the examples in the prompt. */
  readonly ask: string;
  readonly form: QueryForm;
  /** Words, least and most. */
  readonly length: readonly [number, number];
  /** Whether a text in the Latin script reads as this kind; other scripts are not checked. */
  readonly fits: (text: string) => boolean;
  /** Passages that it is written from. */
  readonly passages: 1 | 2;
  readonly grades: GradesThatFollow;
  /** Examples that one query makes. */
  readonly examples: 1 | 2;
}

const questionWord =
  /^(?:(?:and|so|but|in|on|at|for|with|to|from|under|by) )?(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|can|could|should|will|would|has|have|must|may|if)\b/i;
const endsAsQuestion = /[?\uff1f\u061f;\u037e\u055e]\s*$/u;
const isQuestion = (text: string): boolean => endsAsQuestion.test(text) || questionWord.test(text);
const comparing =
  /\b(?:vs|versus|or|than|compared?|comparison|comparing|differ|differs|differences?|different|better|worse|instead|rather|between|same as|which (?:is|are|of|one))\b/i;

const plain = {
  prompt: 'generate/query',
  form: single,
  passages: 1,
  grades: 'source',
  examples: 1,
} as const;

/** The kinds of query that can be asked for. */
export const queryTypes = {
  question: {
    ...plain,
    summary: 'a question that the passage answers',
    ask: 'a question that it answers',
    length: [4, 30],
    fits: isQuestion,
  },
  keyword: {
    ...plain,
    summary: 'a few bare words, as typed into a search box',
    ask: '2 to 6 keywords, no sentence, no question',
    length: [2, 9],
    fits: (text) => !isQuestion(text) && !/[.!]\s*$/.test(text),
  },
  'how-to': {
    ...plain,
    summary: 'a task to get done',
    ask: '"how to …", by a person with a task or a problem that it helps with',
    length: [4, 30],
    fits: (text) => /\b(?:how (?:to|do|does|can|should|would|could)|ways? to|steps? to)\b/i.test(text),
  },
  claim: {
    ...plain,
    summary: 'a sentence to verify',
    ask: 'a short sentence that it shows to be true or false',
    length: [4, 35],
    fits: (text) => !endsAsQuestion.test(text) && !questionWord.test(text),
  },
  comparison: {
    ...plain,
    summary: 'two things held against each other',
    ask: 'a question or keywords that hold two things of it against each other',
    length: [4, 30],
    fits: (text) => comparing.test(text),
  },
  'multi-hop': {
    ...plain,
    summary: 'a question that takes a fact from each of two linked passages',
    prompt: 'generate/linked-query',
    ask: 'a question whose answer takes a fact from each of them',
    length: [5, 40],
    fits: isQuestion,
    passages: 2,
    grades: 'both',
  },
  'follow-up': {
    ...plain,
    summary: 'the last question of a conversation, which leans on those before',
    prompt: 'generate/follow-up-query',
    ask: 'what was asked before, the last question, and the last question in full',
    form: followUp,
    // Of the question in full; the last one may be "and in winter?".
    length: [4, 30],
    fits: isQuestion,
  },
  unanswerable: {
    ...plain,
    summary: 'a question on the subject that nothing in the corpus answers',
    ask: 'a question on its subject that it does not answer',
    length: [4, 30],
    fits: isQuestion,
    grades: 'none',
  },
  instructed: {
    ...plain,
    summary: 'a query with an instruction, and again with the instruction reversed',
    prompt: 'generate/instructed-query',
    ask: 'the search, and what only this passage does',
    form: instructed,
    length: [2, 30],
    fits: () => true,
    grades: 'reversed',
    examples: 2,
  },
} satisfies Record<string, QueryType>;

export type QueryTypeName = keyof typeof queryTypes;

/** Whether a kind can be written about a subject alone, with no passage at hand. */
const needsNoPassage = ({ prompt, grades }: QueryType): boolean =>
  prompt === plain.prompt && grades === plain.grades;

/** The kinds that can be written about a topic. */
export const topicTypes = (Object.keys(queryTypes) as QueryTypeName[]).filter((name) =>
  needsNoPassage(queryTypes[name]),
);

/** A query type by name. @throws RankforgeError `unknown-name` */
export const queryType = (name: string): QueryType => lookUp<QueryType>(queryTypes, name, 'query type');

/** The name that a query of a type has in a reply. "how-to" alone makes a small model write the instructions, and not the search for them. */
export const replyKey = (type: QueryTypeName): string => `${type} search`;

/** The share of each type; they need not sum to 1. */
export type TypeShares = Readonly<Partial<Record<QueryTypeName, number>>>;

export const defaultTypes: TypeShares = { question: 0.5, keyword: 0.25, 'how-to': 0.25 };

/**
 * The types in turn by their shares (smooth weighted round-robin): after any number of draws each type was drawn its share of times, give or take one.
 * @throws RankforgeError `usage` when no share is positive, `unknown-name`
 */
export function* rotateTypes(shares: TypeShares = defaultTypes): Generator<QueryTypeName, never> {
  const entries = (Object.entries(shares) as [QueryTypeName, number][]).filter(([, share]) => share > 0);
  for (const [name] of entries) queryType(name);
  if (entries.length === 0) {
    throw new RankforgeError('usage', 'No query type has a share above 0', {
      hint: 'Give at least one type a positive share, for instance { question: 1 }.',
    });
  }
  const total = entries.reduce((sum, [, share]) => sum + share, 0);
  const credit = entries.map(() => 0);
  for (;;) {
    for (const [i, [, share]] of entries.entries()) credit[i]! += share;
    // Rounded, or sums of tenths would decide ties.
    const best = credit.reduce((top, value, i) => (value - credit[top]! > 1e-9 * total ? i : top), 0);
    credit[best]! -= total;
    yield entries[best]![0];
  }
}
