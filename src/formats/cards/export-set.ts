import type { Warning } from '../../core/warning.js';
import { type ExportedFormat, exportExamples, warnOfEmpty } from '../exports/export-examples.js';
import type { ExampleSource, ExportOptions } from '../exports/export-format.js';
import { type ExportFormatName, exportFormatNames } from '../exports/formats.js';
import { writeCroissant } from './croissant.js';
import { writeDatasetCard } from './dataset-card.js';
import type { SetDetails } from './set-description.js';
import { countSet, type SetStatistics } from './set-statistics.js';

/** What describes the other files. They name no format of their own. */
const cardNames = ['dataset-card', 'croissant'] as const;
type CardName = (typeof cardNames)[number];

/** Formats and cards, in the order in which they are told. */
export const exportNames: readonly (ExportFormatName | CardName)[] = [...exportFormatNames, ...cardNames];
export type ExportName = (typeof exportNames)[number];

export interface ExportSetOptions extends ExportOptions {
  /** For the cards: what the set is called, its licence and languages, where it is published. */
  readonly details: SetDetails;
  /** Of the set, where they were counted before. @default counted */
  readonly statistics?: SetStatistics;
}

export interface ExportedSet {
  readonly formats: readonly ExportedFormat[];
  /** Paths of the cards. */
  readonly cards: readonly string[];
  /** Of formats that got no row. */
  readonly warnings: readonly Warning[];
}

/** Whether something is named whose files a card could describe. */
export const namesFormats = (names: readonly ExportName[]): boolean => names.some((name) => isFormat(name));

/**
 * Writes a set in formats, and the cards that describe those files: for the Hugging Face Hub, and Croissant metadata.
 * @throws RankforgeError as `exportExamples`
 */
export async function exportSet(
  source: ExampleSource,
  names: readonly ExportName[],
  out: string,
  { details, statistics, ...options }: ExportSetOptions,
): Promise<ExportedSet> {
  const formats = await exportExamples(source, names.filter(isFormat), out, options);
  const wanted = new Set(names);
  const cards: string[] = [];
  if (cardNames.some((card) => wanted.has(card))) {
    const description = { details, statistics: statistics ?? (await countSet(source, options)), formats };
    if (wanted.has('dataset-card')) cards.push(await writeDatasetCard(out, description));
    if (wanted.has('croissant')) cards.push(await writeCroissant(out, description, options));
  }
  return { formats, cards, warnings: warnOfEmpty(formats) };
}

const isFormat = (name: ExportName): name is ExportFormatName =>
  (exportFormatNames as readonly string[]).includes(name);
