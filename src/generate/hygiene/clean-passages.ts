import { type Passage, passageText } from '../../core/passage.js';
import type { JobOptions } from '../../core/progress.js';
import type { Funnel } from '../funnel.js';
import {
  type AsyncContaminationCheck,
  type ContaminationCheck,
  removeContaminated,
} from './contamination.js';
import { keepLanguages, type LanguageCheck } from './language.js';
import type { NearDuplicateOptions } from './near-duplicates.js';
import { type PiiScrubber, scrubPassages } from './pii/scrub-pii.js';
import { removeNearDuplicates } from './remove-near-duplicates.js';

/** Why a passage was left out. */
export interface Removal {
  readonly id: string;
  readonly stage: 'language' | 'near-duplicates' | 'passage-contamination';
  readonly reason: string;
  /** The earlier passage that it repeats. */
  readonly of?: string;
  /** Estimated overlap with that one, 0 to 1. */
  readonly resemblance?: number;
}

/** Each step runs where its option is given. */
export interface CleanPassagesOptions extends JobOptions {
  readonly language?: LanguageCheck;
  readonly scrub?: PiiScrubber;
  /** `{}` for the defaults. */
  readonly duplicates?: NearDuplicateOptions;
  readonly contamination?: ContaminationCheck | AsyncContaminationCheck;
  readonly funnel?: Funnel;
  readonly onRemoved?: (removal: Removal) => void;
}

/**
 * Cleans a corpus in one pass: languages, personal data, duplicates, contamination, in this order. Passages that differ in
 * personal data alone are duplicates therefore, and no text that is left out for its language is compared. Memory grows by
 * what `createDuplicateIndex` keeps, about 300 bytes a passage.
 */
export async function* cleanPassages(
  passages: AsyncIterable<Passage> | Iterable<Passage>,
  { language, scrub, duplicates, contamination, funnel, onRemoved, signal, onProgress }: CleanPassagesOptions,
): AsyncGenerator<Passage> {
  const shared = { text: passageText, funnel, signal };
  let flow: AsyncIterable<Passage> | Iterable<Passage> = counted(passages, onProgress);
  if (language) {
    flow = keepLanguages(flow, {
      ...shared,
      check: language,
      onRejected: ({ id }, reason) => onRemoved?.({ id, stage: 'language', reason }),
    });
  }
  if (scrub) flow = scrubPassages(flow, { scrub, funnel, signal });
  if (duplicates) {
    flow = removeNearDuplicates(flow, {
      ...shared,
      ...duplicates,
      id: ({ id }) => id,
      onDuplicate: ({ id }, { reason, id: of, resemblance }) =>
        onRemoved?.({ id, stage: 'near-duplicates', reason, of, resemblance }),
    });
  }
  if (contamination) {
    flow = removeContaminated(flow, {
      ...shared,
      check: contamination,
      // Generated queries are counted under `contamination`: in a set's funnel the two are rows of their own.
      stage: 'passage-contamination',
      onRejected: ({ id }, reason) => onRemoved?.({ id, stage: 'passage-contamination', reason }),
    });
  }
  yield* flow;
}

async function* counted(
  passages: AsyncIterable<Passage> | Iterable<Passage>,
  onProgress: JobOptions['onProgress'],
): AsyncGenerator<Passage> {
  let done = 0;
  for await (const passage of passages) {
    done += 1;
    if (done % 1000 === 0) onProgress?.({ stage: 'passages', done, unit: 'items' });
    yield passage;
  }
  onProgress?.({ stage: 'passages', done, total: done, unit: 'items' });
}
