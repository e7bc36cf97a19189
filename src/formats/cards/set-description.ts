import type { ExportedFormat } from '../exports/export-examples.js';
import type { SetStatistics } from './set-statistics.js';

/** What only the person who publishes a set can say. */
export interface SetDetails {
  readonly name: string;
  /** As the Hugging Face Hub names licences, such as `cc-by-4.0`: that of the passages binds the set too. */
  readonly license?: string;
  /** ISO 639 codes. */
  readonly languages?: readonly string[];
  /** Where the set is published. */
  readonly url?: string;
  /** ISO 8601. */
  readonly datePublished?: string;
}

/** All that cards are made of. */
export interface SetDescription {
  readonly details: SetDetails;
  readonly statistics: SetStatistics;
  readonly formats: readonly ExportedFormat[];
}

/** In one sentence, with figures. */
export function summarise({ statistics: { total, models } }: SetDescription): string {
  const by = models.length > 0 ? ` written or judged by ${models.join(', ')}` : '';
  return `Training data for search rankers: ${total.queries} queries with ${total.passages} graded passages${by}.`;
}
