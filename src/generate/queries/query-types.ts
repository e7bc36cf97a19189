import { RankforgeError } from '../../core/errors.js';
import { lookUp } from '../../core/names.js';

/** A kind of query: how it is asked for and how one is told from the others. */
export interface QueryType {
  /** What the model is asked to write, besides the examples in the prompt. */
  readonly ask: string;
  /** Words, least and most. */
  readonly length: readonly [number, number];
  /** Whether a text in the Latin script reads as this kind; other scripts are not checked. */
  readonly fits: (text: string) => boolean;
}

const questionWord =
  /^(?:(?:and|so|but|in|on|at|for|with|to|from|under|by) )?(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|can|could|should|will|would|has|have|must|may|if)\b/i;
const endsAsQuestion = /[??؟;՞]\s*$/u;
const isQuestion = (text: string): boolean => endsAsQuestion.test(text) || questionWord.test(text);

/** The kinds of query that can be asked for. */
export const queryTypes = {
  question: {
    ask: 'a question that it answers',
    length: [4, 30],
    fits: isQuestion,
  },
  keyword: {
    ask: '2 to 6 keywords, no sentence, no question',
    length: [2, 9],
    fits: (text) => !isQuestion(text) && !/[.!]\s*$/.test(text),
  },
  'how-to': {
    ask: '"how to …", by a person with a task or a problem that it helps with',
    length: [4, 30],
    fits: (text) => /\b(?:how (?:to|do|does|can|should|would|could)|ways? to|steps? to)\b/i.test(text),
  },
  claim: {
    ask: 'a short sentence that it shows to be true or false',
    length: [4, 35],
    fits: (text) => !endsAsQuestion.test(text) && !questionWord.test(text),
  },
} satisfies Record<string, QueryType>;

export type QueryTypeName = keyof typeof queryTypes;

/** A query type by name. @throws RankforgeError `unknown-name` */
export const queryType = (name: string): QueryType => lookUp<QueryType>(queryTypes, name, 'query type');

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
