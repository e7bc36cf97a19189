import { type QueryTypeName, queryTypes } from '../queries/query-types.js';
import { words } from '../words.js';

const howTo = /\b(?:how (?:to|(?:do|can|should|would|could) (?:i|you|we|one|people))|(?:ways?|steps?) to)\b/i;
const comparison =
  /\b(?:vs|versus|compared? (?:to|with)|comparison (?:of|between)|differences? (?:between|of)|(?:better|worse|more|less|larger|smaller|higher|lower|faster|cheaper) than)\b/i;
/** Words that make a sentence of a row of words, and that nobody types among keywords. */
const finiteVerb =
  /\b(?:is|are|was|were|be|been|has|have|had|does|do|did|can|could|will|would|should|may|might|must|cannot|(?:is|are|was|do|does|did|has|have|can|will|would)n['’]t|causes?|leads?|(?:in|de)creases?|reduces?|improves?|induces?|inhibits?|affects?|plays?|shows?|requires?|contains?|lacks?|remains?|becomes?|depends?|occurs?|prevents?|promotes?|provides?|suggests?)\b/i;
const fullStop = /[^.][.。।!]\s*$/u;

/**
 * The type of a logged query, by the first of these rules that holds: `how-to` by its signs (“how to”, “how do I”, “steps
 * to”); `comparison` by its own (“vs”, “difference between”, “better than”); `question` by its first word or its mark;
 * `claim` for a sentence: three words and a full stop, or five with a finite verb; else `keyword`. The signs are English;
 * queries of other languages are questions by their mark, claims by their full stop, or keywords. Types that one text
 * alone does not show (multi-hop, follow-up, unanswerable, instructed) are never the answer.
 */
export function classifyQuery(text: string): QueryTypeName {
  const trimmed = text.trim();
  if (howTo.test(trimmed)) return 'how-to';
  if (comparison.test(trimmed)) return 'comparison';
  if (queryTypes.question.fits(trimmed)) return 'question';
  const length = words(trimmed).length;
  if (length >= 3 && fullStop.test(trimmed)) return 'claim';
  return length >= 5 && finiteVerb.test(trimmed) ? 'claim' : 'keyword';
}
