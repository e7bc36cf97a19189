import { RankforgeError } from '../../core/errors.js';
import type { Example } from '../../core/example.js';
import { createLineIndex } from '../line-index.js';
import type { ImportOptions } from './export-format.js';
import { type ExportFormatName, exportFormats } from './formats.js';

/**
 * The examples of a file or folder of another format, streamed. What the format does not hold is assumed: a relevant passage has
 * grade 3 and another 0, and of a ranking the first passage is relevant. Ids that are not there are made of the texts.
 * @throws RankforgeError `missing-file`, `bad-file`, `bad-line`, `unknown-id`, `duplicate-id` also for a query in two splits
 */
export async function* importExamples(
  format: ExportFormatName,
  path: string,
  options: ImportOptions = {},
): AsyncGenerator<Example> {
  const seen = createLineIndex();
  let done = 0;
  for await (const example of exportFormats[format].read(path, options)) {
    options.signal?.throwIfAborted();
    if (seen.add(example.query.id, 1) !== undefined) {
      throw new RankforgeError('duplicate-id', `Two examples have the query "${example.query.id}"`, {
        where: path,
        hint: 'A query belongs to one split: take it out of the others, or import one split.',
      });
    }
    yield example;
    if (++done % 1000 === 0) options.onProgress?.({ stage: 'import', done, unit: 'items' });
  }
}
