import { extname, join } from 'node:path';
import { stringify } from 'yaml';
import { packageVersion } from '../../core/version.js';
import { atomicWrite } from '../atomic-write.js';
import type { ExportedFormat } from '../exports/export-examples.js';
import { exportFormats } from '../exports/formats.js';
import { type SetDescription, summarise } from './set-description.js';
import type { SetStatistics } from './set-statistics.js';

const sizes: readonly (readonly [below: number, name: string])[] = [
  [1e3, 'n<1K'],
  [1e4, '1K<n<10K'],
  [1e5, '10K<n<100K'],
  [1e6, '100K<n<1M'],
  [1e7, '1M<n<10M'],
  [1e8, '10M<n<100M'],
];

/**
 * Formats that become configurations: tables with the same columns in each split. `load_dataset` reads all configurations of a
 * folder with one reader, so they are those of one file type, of which there are most.
 */
function configured(formats: readonly ExportedFormat[]): ExportedFormat[] {
  const tables = formats.filter(
    ({ format, files }) =>
      exportFormats[format].columns !== undefined &&
      files.length > 0 &&
      files.every(({ split }) => split !== undefined),
  );
  const byType = new Map<string, ExportedFormat[]>();
  for (const one of tables) {
    const type = extname(one.files[0]!.path);
    byType.set(type, [...(byType.get(type) ?? []), one]);
  }
  return [...byType.values()].sort((a, b) => b.length - a.length)[0] ?? [];
}

/** The YAML block that the Hub and `load_dataset` read. */
function cardMetadata({ details, statistics, formats }: SetDescription): Record<string, unknown> {
  const configs = configured(formats).map(({ format, files }, index) => ({
    config_name: format,
    data_files: files.map(({ split, path }) => ({ split, path })),
    ...(index === 0 ? { default: true } : {}),
  }));
  return {
    pretty_name: details.name,
    ...(details.languages ? { language: details.languages } : {}),
    ...(details.license ? { license: details.license } : {}),
    task_categories: ['text-ranking', 'text-retrieval'],
    size_categories: [sizes.find(([below]) => statistics.total.queries < below)?.[1] ?? 'n>100M'],
    annotations_creators: ['machine-generated'],
    tags: ['rankforge', 'reranking', ...(statistics.models.length > 0 ? ['synthetic'] : [])],
    ...(configs.length > 0 ? { configs } : {}),
  };
}

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

function figures({ splits, total, origins }: SetStatistics): string {
  const lines = [...splits, ...(splits.size > 1 ? [['all', total] as const] : [])];
  const counts = table(
    ['split', 'queries', 'passages', 'grade 0', 'grade 1', 'grade 2', 'grade 3', 'teacher scores'],
    lines.map(([name, one]) => [name, one.queries, one.passages, ...one.grades, one.scored]),
  );
  const from = table(['origin of passages', 'passages'], [...origins]);
  return `${counts}\n\n${from}`;
}

function howMade({ models, recipes, prompts }: SetStatistics): string {
  const parts = [
    models.length > 0 ? `Models: ${models.join(', ')}.` : 'No example names a model.',
    ...(prompts.length > 0 ? [`Prompts: ${prompts.join(', ')}.`] : []),
    ...(recipes.length > 0 ? [`Recipe (SHA-256): ${recipes.join(', ')}.`] : []),
    `Exported by rankforge ${packageVersion}.`,
  ];
  return parts.join(' ');
}

/** A set's README: what it holds, how it was made, how to load it, and what it must not be taken for. */
export function renderDatasetCard(description: SetDescription): string {
  const { details, statistics, formats } = description;
  const files = table(
    ['format', 'for', 'rows', 'queries left out'],
    formats.map(({ format, files, leftOut }) => [
      `\`${format}\``,
      exportFormats[format].summary,
      files.reduce((sum, { rows }) => sum + rows, 0),
      leftOut,
    ]),
  );
  const [first] = configured(formats);
  const load = first
    ? `\n\n\`\`\`python\nfrom datasets import load_dataset\n\nset = load_dataset("PATH", "${first.format}")\n\`\`\``
    : '';
  const license = details.license
    ? `Published under ${details.license}.`
    : 'No licence has been declared. Passages keep the licence of the corpus that they come from.';
  return `---
${stringify(cardMetadata(description)).trimEnd()}
---

# ${details.name}

${summarise(description)} Grades: 0 not relevant, 1 on the topic, 2 answers in part, 3 answers fully.

## What it holds

${figures(statistics)}

## Formats

${files}${load}

## How it was made

${howMade(statistics)}

## Limits

Grades and texts that a model wrote or judged were checked by models, not by people, unless an origin says \`judged\`. A model that
is trained on them learns its teacher's errors too: measure it on judgements by people.

## Licence

${license}
`;
}

/** Writes the card as `README.md`. @throws RankforgeError as `atomicWrite` */
export async function writeDatasetCard(out: string, description: SetDescription): Promise<string> {
  const path = join(out, 'README.md');
  await atomicWrite(path, renderDatasetCard(description));
  return path;
}
