import type { z } from 'zod';
import type { GenerateReply } from '../models/language-model.js';

/** What a model's reply came to: a value, or the reason why there is none. */
export type Parsed<T> =
  | { readonly value: T; readonly reason?: undefined }
  | { readonly value?: undefined; readonly reason: ReplyFault };

type ReplyFault = 'empty' | 'refused' | 'cut-off' | 'unparsed' | 'wrong-shape';

const refusal =
  /^\W*(?:i(?:['’]m| am) (?:sorry|unable|not able)|sorry\b|i (?:can(?:not|['’]t)|could not|won['’]t)\b|as an ai\b|unfortunately, i\b|i apologi[sz]e\b)/i;

/** Whether a text is a model declining the task. */
export const isRefusal = (text: string): boolean => refusal.test(text.trim());

/** The JSON object in a reply: bare, in a code fence, or after some words. Whatever does not match the schema is a reason, never a guess. */
export function parseJsonReply<T>(
  { text, finish }: Pick<GenerateReply, 'text' | 'finish'>,
  schema: z.ZodType<T>,
): Parsed<T> {
  if (finish === 'refused') return { reason: 'refused' };
  const trimmed = text.trim();
  if (trimmed === '') return { reason: 'empty' };
  const object = findObject(trimmed);
  if (object === undefined) {
    if (isRefusal(trimmed)) return { reason: 'refused' };
    return { reason: finish === 'length' ? 'cut-off' : 'unparsed' };
  }
  const checked = schema.safeParse(object);
  return checked.success ? { value: checked.data } : { reason: 'wrong-shape' };
}

function findObject(text: string): unknown {
  const start = text.indexOf('{');
  const end = text.lastIndexOf('}');
  if (start < 0 || end < start) return undefined;
  try {
    return JSON.parse(text.slice(start, end + 1));
  } catch {
    return undefined;
  }
}
