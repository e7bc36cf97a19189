import { z } from 'zod';
import type { RankforgeError } from '../core/errors.js';
import { badLineError, type ReadOptions, reportBadLine } from './bad-line.js';
import { readLines } from './read-lines.js';

export interface JsonLine<T> {
  readonly value: T;
  /** From 1. */
  readonly line: number;
  readonly raw: Buffer;
}

/**
 * The records of a JSONL file, each checked. Blank lines are passed over.
 * @throws RankforgeError as `readLines`, and `bad-line` for a line that is not JSON or not a record of the schema
 */
export async function* readJsonLines<T>(
  path: string,
  schema: z.ZodType<T>,
  options: ReadOptions = {},
): AsyncGenerator<JsonLine<T>> {
  for await (const { text, line, raw } of readLines(path, options)) {
    if (text.trim() === '') continue;
    const parsed = parseRecord(text, schema, path, line);
    if ('error' in parsed) reportBadLine({ path, line, raw, error: parsed.error }, options);
    else yield { value: parsed.value, line, raw };
  }
}

export function parseRecord<T>(
  text: string,
  schema: z.ZodType<T>,
  path: string,
  line: number,
): { value: T } | { error: RankforgeError } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    const reason = `the line is not JSON (${(cause as Error).message})`;
    return {
      error: badLineError(
        path,
        line,
        reason,
        (spell) => `Correct the line, or set bad lines aside with ${spell('skipBad')}.`,
        cause,
      ),
    };
  }
  const result = schema.safeParse(json);
  if (result.success) return { value: result.data };
  const problems = z.prettifyError(result.error).replace(/\s*\n\s*/g, ' ');
  const reason = `the record is not of the expected form: ${problems}`;
  return {
    error: badLineError(
      path,
      line,
      reason,
      (spell) => `Correct the record, or set bad lines aside with ${spell('skipBad')}.`,
    ),
  };
}
