import { Option } from 'commander';
import type { Grade } from '../../core/judgement.js';
import { splits } from '../../formats/exports/export-format.js';
import { integer } from './flags.js';

/** Splits of a training set, which are not those of a collection's judgements. */
export const exampleSplits = () => new Option('--split <name>', 'only these examples').choices(splits);

export const relevantFrom = () =>
  new Option('--relevant-from <grade>', 'the lowest grade that counts as relevant')
    .argParser((text) => integer(1, 3)(text) as Grade)
    .default(2);
