/** A step of a long job. Library code reports and never prints. */
export interface Progress {
  /** What is being done, for instance `queries` or `download qwen2.5-coder-1.5b-instruct`. */
  readonly stage: string;
  readonly done: number;
  /** Absent where the end is not known. */
  readonly total?: number;
  readonly unit?: 'bytes' | 'items';
}

export type OnProgress = (progress: Progress) => void;

/** What every long job takes. */
export interface JobOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}
