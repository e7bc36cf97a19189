import { z } from 'zod';
import { RankforgeError } from '../../core/errors.js';
import type { TextReader } from './text-reader.js';

/** A JSON file of a reader. @throws RankforgeError `bad-file` where it is missing or of another shape */
export function parseSettings<T extends z.ZodType>(name: string, reader: TextReader, schema: T): z.infer<T> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(readerFile(reader, name)));
  } catch (error) {
    if (error instanceof RankforgeError) throw error;
    throw damagedReader(name, (error as Error).message, error);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw damagedReader(name, z.prettifyError(result.error), result.error);
}

/** @throws RankforgeError `bad-file` where it is missing */
export function readerFile({ files }: TextReader, name: string): Uint8Array {
  const file = files.get(name);
  if (file) return file;
  throw damagedReader(name, 'it is missing');
}

export const damagedReader = (name: string, what: string, cause?: unknown): RankforgeError =>
  new RankforgeError('bad-file', `${name} of the student is damaged: ${what}`, {
    where: name,
    hint: 'Copy the folder again, or distil again.',
    cause,
  });
