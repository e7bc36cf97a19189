import type { JobOptions } from '../../core/progress.js';

/** Students that read the texts themselves; the others read features. */
export const readerKinds = ['static', 'cross-encoder'] as const;
export type ReaderKind = (typeof readerKinds)[number];

export const isReaderKind = (kind: string): kind is ReaderKind => readerKinds.some((one) => one === kind);

/** The part of a student that reads texts, as the files that it is kept in. */
export interface TextReader {
  readonly kind: ReaderKind;
  /** By path inside the student's folder. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** A reader that is ready to score. */
export interface TextScorer extends AsyncDisposable {
  /** One score a passage, any reals, comparable inside one list. */
  score(
    query: string,
    passages: readonly string[],
    options?: Pick<JobOptions, 'signal'>,
  ): Promise<Float64Array>;
}
