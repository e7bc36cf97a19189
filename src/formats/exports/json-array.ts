import type { z } from 'zod';
import { badLineError, type ReadOptions, reportBadLine } from '../bad-line.js';
import { parseRecord } from '../json-lines.js';
import { readLines } from '../read-lines.js';
import type { Row } from './row-groups.js';

/** Characters of one item; a longer one is no training record. */
const maxItem = 64 * 1024 * 1024;

/**
 * The items of a JSON file that is one array of objects, each checked, one at a time: memory holds one item. A file with one
 * object a line and no array around them is read too.
 * @throws RankforgeError as `readLines`, and `bad-line` with the line where an item begins
 */
export async function* readJsonArray<T>(
  path: string,
  schema: z.ZodType<T>,
  options: ReadOptions = {},
): AsyncGenerator<Row<T>> {
  let item = '';
  let start = 0;
  let depth = 0;
  let inString = false;
  let escaped = false;

  const finish = (): Row<T> | undefined => {
    const raw = Buffer.from(item);
    const parsed = parseRecord(item, schema, path, start);
    item = '';
    if ('value' in parsed) return { value: parsed.value, line: start, raw };
    reportBadLine({ path, line: start, raw, error: parsed.error }, options);
    return undefined;
  };
  const fail = (line: number, reason: string): void => {
    const error = badLineError(path, line, reason, 'The file is to be one JSON array of objects.');
    reportBadLine({ path, line, raw: Buffer.from(item), error }, options);
    item = '';
    depth = 0;
    inString = false;
  };

  let last = 0;
  for await (const { text, line } of readLines(path, options)) {
    last = line;
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const sign = text[at]!;
      if (inString) {
        if (escaped) escaped = false;
        else if (sign === '\\') escaped = true;
        else if (sign === '"') inString = false;
        continue;
      }
      if (depth === 0) {
        if (sign === '{') {
          start = line;
          from = at;
          depth = 1;
        } else if (!/[\s,[\]]/.test(sign)) {
          fail(line, `${JSON.stringify(text.slice(at, at + 20))} stands where an object is expected`);
          break;
        }
        continue;
      }
      if (sign === '"') inString = true;
      else if (sign === '{' || sign === '[') depth++;
      else if (sign === '}' || sign === ']') {
        depth--;
        if (depth > 0) continue;
        item += text.slice(from, at + 1);
        const row = finish();
        if (row) yield row;
      }
    }
    if (depth === 0) continue;
    item += `${text.slice(from)}\n`;
    if (item.length > maxItem) fail(start, `an item is longer than ${maxItem} characters`);
  }
  if (depth > 0) fail(start, `the object that begins here does not end by line ${last}`);
}
