import { words } from './words.js';

// What is said to a model and not to a reader: to forget, to write something, who it is, whose turn it is.
const order =
  /\b(?:ignore|disregard|forget|override|skip)\b.{0,60}\b(?:above|previous|prior|earlier|instructions?|prompts?|rules|passages?|everything)\b|\b(?:instead|now|only|must|always|please|simply|just)\b.{0,30}\b(?:write|output|reply|respond|answer|print|return)\b|\b(?:write|output|reply|respond|answer|print|return)\b.{0,40}(?:["“«'‘`{:]|\b(?:only|exactly|instead|nothing but|the (?:words?|phrase|search|query|json))\b)|\b(?:people|users?|searchers?|they|one) (?:would |will |should |always )?(?:types?|search(?:es)?(?: for)?|asks?)\s*[:"“]|\b(?:use|repeat|say|include|copy|put)\b.{0,40}\b(?:sentences?|phrases?|words?)\b.{0,40}[:"“«]|\b(?:each|every|all|the) (?:texts?|passages?|repl(?:y|ies)|quer(?:y|ies)|search(?:es)?)\b.{0,40}\b(?:should|must|shall|has to|have to) (?:say|hold|contain|include|mention|be)\b|\b(?:system|assistant|user|developer)\s*:|\byou are (?:now|an? (?:ai|assistant|model))\b|\bas an ai\b|\{\s*"[^"]*"\s*:/i;

// Words that any question has, whatever it is about: Lucene's stop words, and those that ask.
const functionWords = new Set(
  `a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was
  will with what which who whom whose when where why how do does did can could should would may has have i you we my your`.split(
    /\s+/,
  ),
);

const sentencesOf = (text: string): string[] => text.split(/(?<=[.!?\u3002\uff01\uff1f])\s+|[\n\r]+/u);

/** The sentences of a text, those that give orders to a model apart from the rest. */
function splitOrders(text: string): { readonly orders: readonly string[]; readonly rest: readonly string[] } {
  const sentences = sentencesOf(text);
  const isOrder = sentences.map((sentence) => order.test(sentence));
  return {
    orders: sentences.filter((_, index) => isOrder[index]),
    rest: sentences.filter((_, index) => !isOrder[index]),
  };
}

/**
 * Whether a query was written because a sentence of its passage ordered it: three quarters of its words stand in such a sentence,
 * and more than half nowhere else in the passage, function words aside. A query about a text that quotes orders has words of the
 * rest as well.
 */
export const obeysPassage = (found: readonly string[], passage: string): boolean =>
  obedienceTo(passage)(found, 0.75);

/** Whether words are an order's of a passage: at least a share of them stand in its orders, and more than half nowhere else in it. */
function obedienceTo(passage: string): (found: readonly string[], least: number) => boolean {
  const { orders, rest } = splitOrders(passage);
  if (orders.length === 0) return () => false;
  const ordered = new Set(orders.flatMap(words));
  const elsewhere = new Set(rest.flatMap(words));
  return (found, least) => {
    const telling = found.filter((word) => !functionWords.has(word));
    const taken = telling.filter((word) => ordered.has(word));
    const alone = taken.filter((word) => !elsewhere.has(word));
    return taken.length >= least * telling.length && alone.length > 0.5 * telling.length;
  };
}

// A sentence of fewer says too little to be known again.
const fewestWords = 5;
// What is written at length puts an order into words of its own: of 5,556 pairs of real passages on one subject 2 are taken for such.
const leastOfSentence = 0.6;

/** Whether a sentence of a written text is there because a sentence of the source ordered it, as `obeysPassage` tells it of a query. */
export function sentenceObeys(text: string, source: string): boolean {
  const obeys = obedienceTo(source);
  return sentencesOf(text)
    .map(words)
    .some((found) => found.length >= fewestWords && obeys(found, leastOfSentence));
}
