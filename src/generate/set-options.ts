import { RankforgeError } from '../core/errors.js';
import type { Example } from '../core/example.js';
import type { Passage } from '../core/passage.js';
import type { JobOptions } from '../core/progress.js';
import type { Provenance } from '../core/provenance.js';
import type { CompletionOptions } from './complete-example.js';
import type { Corpus } from './corpus.js';
import type { PassageEdit } from './graded/edit-passage.js';
import type { DisagreementPolicy } from './graded/settle-grade.js';
import type { GradedWriter } from './graded/write-graded-passages.js';
import type { AsyncContaminationCheck, ContaminationCheck } from './hygiene/contamination.js';
import type { Judge } from './judge/judge.js';
import type { SourceCheck } from './queries/check-source.js';
import type { PassageLinker } from './queries/link-passages.js';
import { queryType, type TypeShares } from './queries/query-types.js';
import type { QueryWriter } from './queries/write-queries.js';

export interface GenerateSetOptions extends JobOptions {
  /** Accepted examples wanted: exactly this many, or the outcome says why not. */
  readonly count: number;
  readonly seed: number;
  /** What queries are written about, in the order they are drawn: see `samplePassages`. Drawn again, for other queries, when all were. */
  readonly passages: readonly Passage[];
  /** Where negatives come from. */
  readonly corpus: Corpus;
  readonly writer: Omit<QueryWriter, 'seed'>;
  readonly types?: TypeShares;
  readonly source?: SourceCheck;
  readonly mining?: CompletionOptions['mining'];
  /** Written passages of levels 3 to 0, for a share of the queries, from 0 to 1. */
  readonly graded?: Omit<GradedWriter, 'seed'> & { readonly share: number; readonly judge?: Judge };
  /** Minimal edits of the source, for a share of the queries, from 0 to 1. */
  readonly edits?: Omit<GradedWriter, 'seed'> & {
    readonly share: number;
    readonly how: readonly PassageEdit[];
    readonly judge?: Judge;
  };
  /** Finds the second passage for types that are written from two. */
  readonly linker?: PassageLinker;
  /** @default { onDisagreement: 'relabel' } */
  readonly disagreement?: DisagreementPolicy;
  readonly contamination?: ContaminationCheck | AsyncContaminationCheck;
  /** Examples under way at once; what limits calls is the model's own door. @default 4 */
  readonly concurrency?: number;
  /**
   * Queries that are written one after the other before their sources are judged: a local model keeps the state of a prompt's
   * beginning only from one call to the next, and the examples in the writer's prompt cost as much as a passage. Changes no result.
   * @default 8 × concurrency
   */
  readonly batch?: number;
  /** Queries to try before giving up. @default 6 × count + 20 */
  readonly maxAttempts?: number;
  /** Gets each example as it is accepted, and is waited for: what it has stored is not lost when the job stops. A resumed job gives all of them again, in the same order. */
  readonly onExample?: (example: Example) => void | Promise<void>;
  /** Whether the result holds the examples too; false keeps memory flat. @default true */
  readonly collect?: boolean;
  readonly provenance?: Omit<Provenance, 'packageVersion' | 'seed'>;
}

/** @throws RankforgeError `usage`, `empty-corpus` */
export function checkOptions(options: GenerateSetOptions): void {
  const hint = 'Correct the option.';
  for (const [name, least] of [
    ['count', 0],
    ['concurrency', 1],
    ['batch', 1],
  ] as const) {
    const value = options[name];
    if (value === undefined || (Number.isInteger(value) && value >= least)) continue;
    throw new RankforgeError('usage', `${name} must be a whole number, ${least} or more, not ${value}`, {
      where: name,
      hint,
    });
  }
  const { count, passages, graded, edits, types, linker } = options;
  for (const [where, share] of [
    ['graded.share', graded?.share ?? 0],
    ['edits.share', edits?.share ?? 0],
  ] as const) {
    if (share >= 0 && share <= 1) continue;
    throw new RankforgeError('usage', `${where} must be from 0 to 1, not ${share}`, { where, hint });
  }
  const pairs = Object.entries(types ?? {}).find(
    ([name, share]) => share > 0 && queryType(name).passages === 2,
  );
  if (pairs && !linker) {
    throw new RankforgeError('usage', `Queries of the type ${pairs[0]} are written from two passages`, {
      where: 'linker',
      hint: 'Give a linker, see createLinker, or leave the type out.',
    });
  }
  if (passages.length === 0 && count > 0) {
    throw new RankforgeError('empty-corpus', 'There is no passage to write queries about', {
      hint: 'Give a corpus with text; the funnel of the sampling stage says why passages were left out.',
    });
  }
}
