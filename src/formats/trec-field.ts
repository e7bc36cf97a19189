import { RankforgeError } from '../core/errors.js';

/**
 * An id as a field of a line whose fields stand between spaces or tabs. Escaping would change the id for every other
 * reader, so an id that does not fit is an error.
 * @param where the file that the id is from, where that is known
 * @throws RankforgeError `unsupported`
 */
export function toField(id: string, separator: 'space' | 'tab', where = id): string {
  const fits =
    id !== '' &&
    !id.includes('\0') &&
    (separator === 'space' ? !/\s/.test(id) : !/[\t\n\r]/.test(id) && id.trim() === id);
  if (fits) return id;
  throw new RankforgeError(
    'unsupported',
    `The id ${JSON.stringify(id)} cannot stand in a file of fields between ${separator}s`,
    {
      where,
      hint: 'Use ids without spaces, tabs, line breaks and NUL bytes.',
    },
  );
}

/**
 * A query id as the first field between spaces: a line that begins with # is a comment and would be lost without a word.
 * @param where as in `toField`
 * @throws RankforgeError `unsupported`
 */
export function toFirstField(id: string, where = id): string {
  if (!id.startsWith('#')) return toField(id, 'space', where);
  throw new RankforgeError('unsupported', `The id ${JSON.stringify(id)} would make its line a comment`, {
    where,
    hint: 'Use query ids that do not begin with #.',
  });
}
