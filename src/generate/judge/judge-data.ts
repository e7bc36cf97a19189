import { type Passage, passageText } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import { asExcerpt } from '../../prompts/untrusted-text.js';

// With its number: a model goes on with a digit that it has just read behind the same words.
const fakeScore =
  /[#＃]+[\s*_`]{0,6}final\s+(?:score|grade|rating)[\s*_`]{0,6}[:：=]?[\s*_`]{0,6}[\d０-９]{0,6}/giu;

/**
 * A text as data for a judge: it can close no tag of the frame, in whatever signs, open no turn of the chat, and hold no
 * `##final score:` that a reply could repeat. What the words themselves ask for is the prompt's to ward off.
 * @param maxCharacters longer texts are cut at a space
 */
const judgeData = (text: string, maxCharacters = 1600): string =>
  asExcerpt(text, { maxCharacters }).replace(fakeScore, '(score)');

/** What a judge is asked: the query with its instruction. */
export const askedOf = ({ text, instruction }: Query): string =>
  judgeData(instruction ? `${text}\n${instruction}` : text, 1000);

/** What a judge is shown. */
export const shownOf = (passage: Passage, maxCharacters?: number): string =>
  judgeData(passageText(passage), maxCharacters);
