import { readExamples } from '../examples.js';
import { exampleFields } from './example-fields.js';
import type { ExportFormat } from './export-format.js';
import { filesOf, writeLines } from './split-files.js';

/** rankforge's own records, one file a split. */
export const examplesJsonl: ExportFormat = {
  summary: "rankforge's own records, nothing lost",
  holds: exampleFields,
  write: (folder, source, options) =>
    writeLines(folder, source, options, (example) => [JSON.stringify(example)]),
  async *read(path, options) {
    for (const file of filesOf(path, (name) => `${name}.jsonl`, options.split)) {
      for await (const example of readExamples(file.path, options)) {
        if (options.split === undefined || example.split === options.split) yield example;
      }
    }
  },
};
