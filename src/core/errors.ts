import { type Hint, type SpellSetting, spellOption } from './hint.js';

import { noUsage, type Usage } from './usage.js';

/** Why something failed. Scripts may rely on these names. */
export type ErrorCode =
  // What the user gave.
  | 'usage'
  | 'unknown-name'
  | 'bad-recipe'
  | 'missing-file'
  | 'bad-file'
  | 'bad-line'
  | 'duplicate-id'
  | 'unknown-id'
  | 'empty-corpus'
  | 'too-little-data'
  // The machine.
  | 'missing-package'
  | 'disk-full'
  | 'no-permission'
  | 'out-of-memory'
  // Weights.
  | 'bad-weights'
  | 'download-failed'
  // Models and their servers.
  | 'unsupported'
  | 'ambiguous-labels'
  | 'context-overflow'
  | 'server-error'
  | 'server-unreachable'
  | 'rate-limited'
  | 'refused-key'
  | 'bad-reply'
  | 'unparsed-ranking'
  | 'timeout'
  // Stops.
  | 'budget-exhausted'
  | 'aborted'
  | 'count-not-reached'
  | 'length-bias'
  | 'diverged'
  | 'gate-failed';

export interface ErrorDetails {
  /** What to do, one sentence in the imperative. */
  readonly hint: Hint;
  /** Where: `file:line`, an id, a URL without secrets. */
  readonly where?: string;
  readonly cause?: unknown;
  /** Whether the same call may succeed if tried again. */
  readonly retryable?: boolean;
  /** How long a server asked to wait before the next try, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Whether whoever made the call has tried again as often as is allowed: nobody else should. */
  readonly retried?: boolean;
  /** What was spent until it failed, where that is known. @default nothing */
  readonly usage?: Usage;
}

/** Every failure that rankforge foresees: what, where and what to do. */
export class RankforgeError extends Error {
  override readonly name = 'RankforgeError';
  readonly code: ErrorCode;
  /** What to do. Settings are named as the library's options: see `hintIn` for another surface's names. */
  readonly hint: string;
  readonly where: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly retried: boolean;
  readonly usage: Usage;
  readonly #hint: Hint;

  constructor(code: ErrorCode, message: string, details: ErrorDetails) {
    super(message, { cause: details.cause });
    this.code = code;
    this.#hint = details.hint;
    this.hint = this.hintIn(spellOption);
    this.where = details.where;
    this.retryable = details.retryable ?? false;
    this.retryAfterMs = details.retryAfterMs;
    this.retried = details.retried ?? false;
    this.usage = details.usage ?? noUsage;
  }

  /** The same failure as whoever passes it on knows more of it. An error may be shared, so it is never changed. */
  with({
    message = this.message,
    ...more
  }: Partial<Pick<ErrorDetails, 'usage' | 'retried' | 'hint'>> & { message?: string }): RankforgeError {
    const { code, where, cause, retryable, retryAfterMs, retried, usage } = this;
    const known = { hint: this.#hint, where, cause, retryable, retryAfterMs, retried, usage };
    return this.traced(new RankforgeError(code, message, { ...known, ...more }));
  }

  /** A copy that tells where this one was thrown. */
  protected traced<E extends Error>(copy: E): E {
    copy.stack = this.stack;
    return copy;
  }

  /** What to do, with settings named as a surface's users give them: flags, fields of a request. */
  hintIn(spell: SpellSetting): string {
    return typeof this.#hint === 'string' ? this.#hint : this.#hint(spell);
  }
}

/** The exit codes of the command line: 0 done, 1 failed, 2 usage, 3 stopped and resumable, 4 gate not passed. */
export function exitCode(error: unknown): 1 | 2 | 3 | 4 {
  if (isAbort(error)) return 3;
  if (!(error instanceof RankforgeError)) return 1;
  switch (error.code) {
    case 'usage':
    case 'unknown-name':
    case 'bad-recipe':
      return 2;
    case 'budget-exhausted':
    case 'aborted':
    case 'count-not-reached':
      return 3;
    case 'gate-failed':
      return 4;
    default:
      return 1;
  }
}

/** Whether an error is an AbortSignal's, ours or the platform's. */
export function isAbort(error: unknown): boolean {
  if (error instanceof RankforgeError) return error.code === 'aborted';
  // The reason of AbortSignal.timeout; errors that libraries call so are failures.
  if (error instanceof DOMException && error.name === 'TimeoutError') return true;
  return error instanceof Error && error.name === 'AbortError';
}

/**
 * Whether work beside a failed piece should be stopped. Not where a budget ran out: what was reserved before is paid
 * for, and a budget smaller than one round would otherwise never get further.
 */
export const stopsOthers = (error: unknown): boolean =>
  !(error instanceof RankforgeError && error.code === 'budget-exhausted');

const fileErrors: Partial<Record<string, readonly [ErrorCode, string, string]>> = {
  ENOENT: ['missing-file', 'There is no such file', 'Check the path.'],
  ENOTDIR: ['missing-file', 'A part of the path is not a folder', 'Check the path.'],
  // What mkdir says of a file that stands in its way.
  EEXIST: ['missing-file', 'A part of the path is not a folder', 'Check the path.'],
  EISDIR: ['bad-file', 'This is a folder, not a file', 'Name a file inside it.'],
  EACCES: ['no-permission', 'No permission', 'Change the permissions, or choose another folder.'],
  EPERM: ['no-permission', 'No permission', 'Change the permissions, or choose another folder.'],
  EROFS: ['no-permission', 'The file system is read-only', 'Choose another folder.'],
  ENOSPC: [
    'disk-full',
    'The disk is full',
    'Free some space and run it again: it resumes from what is finished.',
  ],
  EDQUOT: [
    'disk-full',
    'The disk quota is used up',
    'Free some space and run it again: it resumes from what is finished.',
  ],
};

/** A file system error as a typed one; any other error comes back unchanged. */
export function fromFileError(error: unknown, path: string): unknown {
  const { code, syscall, path: folder } = (error ?? {}) as NodeJS.ErrnoException;
  // What `/proc` says: those above were made or are there, so it is no path that was misspelt.
  if (code === 'ENOENT' && syscall === 'mkdir' && folder !== undefined) {
    return new RankforgeError('no-permission', `The folder cannot be made: ${folder}`, {
      where: path,
      hint: 'Choose another folder.',
      cause: error,
    });
  }
  const known = code === undefined ? undefined : fileErrors[code];
  if (!known) return error;
  return new RankforgeError(known[0], `${known[1]}: ${path}`, { where: path, hint: known[2], cause: error });
}
