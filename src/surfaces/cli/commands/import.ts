import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { RankforgeError } from '../../../core/errors.js';
import type { Example } from '../../../core/example.js';
import type { Grade } from '../../../core/judgement.js';
import { lookUp } from '../../../core/names.js';
import { writeExamples } from '../../../formats/examples.js';
import type { ExportFormat, Split } from '../../../formats/exports/export-format.js';
import { type ExportFormatName, exportFormatNames, exportFormats } from '../../../formats/exports/formats.js';
import { importExamples } from '../../../formats/exports/import-examples.js';
import { checkOutput } from '../check-output.js';
import { type CliContext, printResult } from '../cli-context.js';
import { flags } from '../flags.js';
import { openReading } from '../reading.js';
import { exampleSplits, relevantFrom } from '../set-flags.js';

interface ImportFlags {
  format: string;
  split?: Split;
  corpus?: string;
  binary?: boolean;
  relevantFrom: Grade;
  out: string;
  skipBad?: boolean;
  json?: boolean;
}

export function addImportCommand(program: Command, context: CliContext): void {
  program
    .command('import')
    .argument('<file>', 'a file of another trainer, or a folder with one for each split')
    .description('A training set of another format as examples.jsonl')
    .addOption(new Option('--format <name>', `one of: ${exportFormatNames.join(', ')}`).makeOptionMandatory())
    .addOption(exampleSplits())
    .option('--corpus <path>', 'texts of passages, for trec: a BEIR folder or its corpus.jsonl')
    .option('--binary', 'judgements say relevant or not: every grade above 0 becomes 3')
    .addOption(relevantFrom())
    .addOption(flags.skipBad())
    .addOption(flags.out('folder for examples.jsonl'))
    .addOption(flags.json())
    .action(async (path: string, options: ImportFlags) => {
      const result = await importSet(path, options, context);
      printResult(context, options, result, () => `${result.queries} examples: ${result.examples}\n`);
    });
}

async function importSet(path: string, options: ImportFlags, context: CliContext) {
  const format: ExportFormat = lookUp<ExportFormat>(exportFormats, options.format, 'format');
  const examples = join(options.out, 'examples.jsonl');
  if (existsSync(examples)) {
    throw new RankforgeError('bad-file', `There is a set already: ${examples}`, {
      where: examples,
      hint: 'Name a new folder with --out.',
    });
  }
  await checkOutput(examples);
  const { signal, onProgress, stderr } = context;
  using reading = openReading(options, context);
  const { split, corpus, binary, relevantFrom } = options;
  const counts = { queries: 0, passages: 0, splits: { train: 0, validation: 0, test: 0 } };
  async function* counted(): AsyncGenerator<Example> {
    const imported = importExamples(options.format as ExportFormatName, path, {
      ...reading,
      onProgress,
      split,
      corpus,
      binary,
      relevantFrom,
    });
    for await (const example of imported) {
      counts.queries++;
      counts.passages += example.passages.length;
      counts.splits[example.split]++;
      yield example;
    }
  }
  await writeExamples(examples, counted(), { signal });
  if (counts.queries === 0) {
    await rm(examples);
    throw new RankforgeError('too-little-data', `${path} holds no example`, {
      where: path,
      hint: 'Give a file or folder of the format that --format names, with at least one readable record.',
    });
  }
  const assumed = assumptions(format);
  for (const what of assumed) stderr(`warning: ${options.format} ${what}\n`);
  return { examples, format: options.format, ...counts, assumed };
}

/** What the examples say though the format does not. */
function assumptions({ holds }: ExportFormat): string[] {
  if (holds.includes('grade')) return [];
  return [
    holds.includes('relevant or not')
      ? 'holds no grades: a relevant passage was given 3, any other 0'
      : 'holds rankings and no grades: the first passage of each was given 3, any other 0',
  ];
}
