import { statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { RankforgeError } from '../../../core/errors.js';
import type { Grade } from '../../../core/judgement.js';
import { unknownName } from '../../../core/names.js';
import { type ExportName, exportNames, exportSet, namesFormats } from '../../../formats/cards/export-set.js';
import { countSet } from '../../../formats/cards/set-statistics.js';
import { readExamples } from '../../../formats/examples.js';
import { exportManifest } from '../../../formats/exports/export-examples.js';
import type { Split } from '../../../formats/exports/export-format.js';
import { onlySplit } from '../../../formats/exports/only-split.js';
import { trainingFrame } from '../../../rerank/training-frame.js';
import { checkOutputFolder } from '../check-output.js';
import { type CliContext, printResult } from '../cli-context.js';
import { flags, integer } from '../flags.js';
import { openReading } from '../reading.js';
import { exampleSplits, relevantFrom } from '../set-flags.js';

interface ExportFlags {
  format: string[];
  split?: Split;
  relevantFrom: Grade;
  negatives: number;
  listSize: number;
  seed: number;
  name?: string;
  license?: string;
  language?: string[];
  url?: string;
  out: string;
  skipBad?: boolean;
  json?: boolean;
}

const commas = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

export function addExportCommand(program: Command, context: CliContext): void {
  program
    .command('export')
    .argument('<set>', 'examples.jsonl, or the folder that holds it')
    .description('A training set in the formats that other trainers load')
    .addOption(
      new Option('--format <names>', `with commas between: ${exportNames.join(', ')}`)
        .argParser(commas)
        .makeOptionMandatory(),
    )
    .addOption(exampleSplits())
    .addOption(relevantFrom())
    .option('--negatives <n>', 'negatives of an n-tuple', integer(1, 1000), 4)
    .option('--list-size <n>', 'passages of one listwise prompt at most', integer(2, 26), 20)
    .addOption(flags.seed())
    .option('--name <text>', 'for the cards: what the set is called')
    .option('--license <name>', 'for the cards: its licence, such as cc-by-4.0')
    .option('--language <codes>', 'for the cards: its languages, such as en,de', commas)
    .option('--url <url>', 'for the cards: where it is published')
    .addOption(flags.skipBad())
    .addOption(flags.out('folder; each format gets one of its own in it'))
    .addOption(flags.json())
    .action(async (set: string, options: ExportFlags) => {
      const result = await runExport(set, options, context);
      printResult(context, options, result, () => describe(result));
    });
}

async function runExport(set: string, options: ExportFlags, context: CliContext) {
  const names = namesOf(options.format);
  const path = statSync(set, { throwIfNoEntry: false })?.isDirectory() ? join(set, 'examples.jsonl') : set;
  await checkOutputFolder(options.out, exportManifest);
  const { signal, onProgress } = context;
  // The first time through tells of bad lines and counts; later times pass over the same lines.
  using reading = openReading(options, context);
  const statistics = await countSet(
    onlySplit(() => readExamples(path, reading), options.split),
    context,
  );
  if (statistics.total.queries === 0) {
    throw new RankforgeError(
      'too-little-data',
      `There is no example in ${path}${options.split ? ` of the split ${options.split}` : ''}`,
      {
        where: path,
        hint: 'Give a set with examples, or another split.',
      },
    );
  }
  const later = { signal, ...(options.skipBad ? { onBadLine: () => {} } : {}) };
  const { seed, negatives, listSize, relevantFrom } = options;
  const details = {
    name: options.name ?? basename(dirname(resolve(path))),
    ...(options.license ? { license: options.license } : {}),
    ...(options.language ? { languages: options.language } : {}),
    ...(options.url ? { url: options.url } : {}),
  };
  const { formats, cards, warnings } = await exportSet(
    onlySplit(() => readExamples(path, later), options.split),
    names,
    options.out,
    {
      ...{ seed, negatives, listSize, relevantFrom, signal, onProgress, details, statistics },
      frame: trainingFrame(),
    },
  );
  for (const { message } of warnings) context.stderr(`warning: ${message}\n`);
  return { out: options.out, queries: statistics.total.queries, formats, cards, warnings };
}

function namesOf(given: readonly string[]): ExportName[] {
  const known: readonly string[] = exportNames;
  const unknown = given.find((name) => !known.includes(name));
  if (unknown !== undefined) throw unknownName(unknown, known, 'format');
  const names = exportNames.filter((name) => given.includes(name));
  if (!namesFormats(names)) {
    throw new RankforgeError('usage', 'No format was named whose files a card could describe', {
      where: '--format',
      hint: 'Name at least one, such as parquet, beside the cards.',
    });
  }
  return names;
}

function describe({ out, formats, cards }: Awaited<ReturnType<typeof runExport>>): string {
  const lines = formats.map(({ format, files, leftOut }) => {
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    return `${join(out, format)}: ${rows} rows${leftOut > 0 ? `, ${leftOut} queries left out` : ''}\n`;
  });
  return [...lines, ...cards.map((card) => `${card}\n`)].join('');
}
