import { type QueryTypeName, queryTypes } from '../queries/query-types.js';
import { words } from '../words.js';

const howTo = /\b(?:how (?:to|(?:do|can|should|would|could) (?:i|you|we|one|people))|(?:ways?|steps?) to)\b/i;
const comparison =
  /\b(?:vs|versus|compared? (?:to|with)|comparison (?:of|between)|differences? (?:between|of)|(?:better|worse|larger|smaller|faster|slower|cheaper) than)\b/i;
/** A word and then a verb in its finite form, which makes a sentence of a row of words; not in what a search is to check. */
const finiteVerb =
  /^(?:(?!\b(?:if|whether|when|not)\b).)*?\w\S* (?:is|are|was|were|has|have|had|does|do|did|can|could|will|would|should|may|might|must|cannot|(?:is|are|was|do|does|did|has|have|can|will|would)n['’]t|causes?|leads? to|(?:in|de)creases?|reduces?|improves?|induces?|inhibits?|affects?|interacts?|generates?|plays?|shows?|requires?|contains?|lacks?|remains?|becomes?|depends?|occurs?|prevents?|promotes?|provides?|suggests?)\b/i;
const fullStop = /[^.][.。।!]\s*$/u;

/**
 * The type of a logged query, by the first of these rules that holds:
 *
 * 1. `how-to`: “how to”, “how do I”, “ways to”, “steps to”;
 * 2. `claim`: three words or more and a full stop, and no question word first;
 * 3. `comparison`: “vs”, “difference between”, “compared to”, “better than”;
 * 4. `question`: a question word first, or a question mark;
 * 5. `claim`: five words or more with a finite verb after the first (“aspirin reduces …”);
 * 6. `keyword`: everything else.
 *
 * The words are English ones; in other languages a query is a question by its mark, a claim by its full stop, or a
 * keyword search. Types that one text alone does not show (multi-hop, follow-up, unanswerable, instructed) are never the
 * answer.
 */
export function classifyQuery(text: string): QueryTypeName {
  const trimmed = text.trim();
  const length = words(trimmed).length;
  const asks = queryTypes.question.fits(trimmed);
  if (howTo.test(trimmed)) return 'how-to';
  if (length >= 3 && fullStop.test(trimmed) && !asks) return 'claim';
  if (comparison.test(trimmed)) return 'comparison';
  if (asks) return 'question';
  return length >= 5 && finiteVerb.test(trimmed) ? 'claim' : 'keyword';
}
