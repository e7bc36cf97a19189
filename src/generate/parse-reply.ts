import type { z } from 'zod';
import type { GenerateReply } from '../models/language-model.js';
import { splitThinking } from '../rerank/split-thinking.js';

/** What a model's reply came to: a value, or the reason why there is none. */
export type Parsed<T> =
  | { readonly value: T; readonly reason?: undefined }
  | { readonly value?: undefined; readonly reason: ReplyFault };

/** `several`: more than one answer, and they differ. */
export type ReplyFault = 'empty' | 'refused' | 'cut-off' | 'unparsed' | 'wrong-shape' | 'several';

// English, and the same words in the languages that models most often decline in.
const refusal =
  /^[^\p{L}]*(?:(?:(?:i['’]m|i am) (?:sorry|unable|not able)|sorry|i (?:cannot|can['’]t|could not|won['’]t)|as an ai|unfortunately,? i|i apologi[sz]e|lo siento|no puedo|désolée?|je (?:suis désolée?|ne peux pas)|es tut mir leid|tut mir leid|ich kann (?:leider )?(?:nicht|keine)|mi dispiace|desculpe|sinto muito|к сожалению|извините|я не могу)(?!\p{L})|抱歉|对不起|很抱歉|我(?:无法|不能)|申し訳|すみません|죄송)/iu;

/** Whether a text is a model declining the task. */
export const isRefusal = (text: string): boolean => refusal.test(text.trim());

const thinkingTag = /<\/?(?:think|thinking|thought|reasoning)>/i;
/** Objects looked at in one reply: a reply with more of them is no answer. */
const mostObjects = 50;

/**
 * The JSON object in a reply: bare, in a code fence, in a list of one, after some words or after the model's thinking. Where there are several,
 * the one of the schema; two that differ are `several`. Whatever does not match is a reason, never a guess.
 */
export function parseJsonReply<T>(
  { text, finish }: Pick<GenerateReply, 'text' | 'finish'>,
  schema: z.ZodType<T>,
): Parsed<T> {
  if (finish === 'refused') return { reason: 'refused' };
  const { answer } = thinkingTag.test(text) ? splitThinking(text) : { answer: text };
  const trimmed = answer.replace(/^[\s\u0000\ufeff]+|[\s\u0000]+$/gu, '');
  if (trimmed === '') {
    // Thinking that never ended is a reply that was cut, not one without words.
    return { reason: finish === 'length' && text.trim() !== '' ? 'cut-off' : 'empty' };
  }
  const objects = findObjects(trimmed);
  const values = new Map<string, T>();
  for (const object of objects) {
    const checked = schema.safeParse(object);
    if (checked.success) values.set(JSON.stringify(checked.data), checked.data);
  }
  if (values.size > 1) return { reason: 'several' };
  for (const value of values.values()) return { value };
  if (isRefusal(trimmed) || objects.some(declines)) return { reason: 'refused' };
  if (objects.length > 0) return { reason: 'wrong-shape' };
  return { reason: finish === 'length' ? 'cut-off' : 'unparsed' };
}

/** Whether an object says no where its answer should be: `{"error": "I cannot …"}`. */
const declines = (object: unknown): boolean =>
  Object.values(object as object).some((value) => typeof value === 'string' && isRefusal(value));

/** The outermost JSON objects of a text, in order. Linear in its length: nothing is read more than twice. */
function findObjects(text: string): unknown[] {
  const objects: unknown[] = [];
  let at = text.indexOf('{');
  while (at >= 0 && objects.length < mostObjects) {
    const end = endOfObject(text, at);
    // A bracket that is never closed: an object may begin inside it, but then the reply's own was cut.
    if (end === undefined) break;
    const object = parseObject(text.slice(at, end));
    if (object !== undefined) objects.push(object);
    at = text.indexOf('{', end);
  }
  return objects;
}

/** After the bracket that closes the one at `start`, brackets in strings passed over. */
function endOfObject(text: string, start: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const sign = text[at];
    if (inString) {
      if (sign === '\\') at += 1;
      else if (sign === '"') inString = false;
    } else if (sign === '"') inString = true;
    else if (sign === '{') depth += 1;
    else if (sign === '}' && --depth === 0) return at + 1;
  }
  return undefined;
}

function parseObject(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    try {
      // Models break lines inside strings, and servers pass NUL through.
      return JSON.parse(text.replace(/[\u0000-\u001f]/g, ' '));
    } catch {
      return undefined;
    }
  }
}
