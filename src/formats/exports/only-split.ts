import type { Example } from '../../core/example.js';
import type { ExampleSource, Split } from './export-format.js';

/** The examples of one split; of all where none is named. */
export const onlySplit = (source: ExampleSource, split: Split | undefined): (() => AsyncGenerator<Example>) =>
  async function* () {
    for await (const example of source()) {
      if (split === undefined || example.split === split) yield example;
    }
  };
