import { isAbort, RankforgeError } from '../../core/errors.js';
import { type FieldNames, spellField } from './spell-field.js';

/** Why a request is not answered, before any API's own spelling of it. */
export type ProblemKind =
  | 'invalid'
  | 'unauthorised'
  | 'forbidden'
  | 'not-found'
  | 'wrong-method'
  | 'wrong-type'
  | 'too-large'
  | 'too-many'
  | 'overloaded'
  | 'client-gone'
  | 'stopping'
  | 'timeout'
  | 'model-failed'
  | 'internal';

/** The status of each kind, where an API does not use another. 499 is seen by nobody but the metrics: the client is gone. */
export const problemStatus: Readonly<Record<ProblemKind, number>> = {
  invalid: 400,
  unauthorised: 401,
  forbidden: 403,
  'not-found': 404,
  'wrong-method': 405,
  'too-large': 413,
  'too-many': 400,
  'wrong-type': 415,
  overloaded: 429,
  'client-gone': 499,
  internal: 500,
  'model-failed': 502,
  stopping: 503,
  timeout: 504,
};

/** A refusal or failure as the client is told of it. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly kind: ProblemKind;
  /** Seconds, where trying again then may help. */
  readonly retryAfter: number | undefined;

  constructor(
    kind: ProblemKind,
    message: string,
    { retryAfter, cause }: { retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.kind = kind;
    this.retryAfter = retryAfter;
  }

  /** For the log: a code and never a message, which may hold what was sent. */
  get code(): string {
    return this.cause instanceof RankforgeError ? this.cause.code : this.kind;
  }
}

/**
 * Whatever was thrown as a problem. What the client can do nothing about is told in general terms.
 * @param fields what the API that was asked calls what hints name
 */
export function toProblem(error: unknown, fields: FieldNames = {}): Problem {
  if (error instanceof Problem) return error;
  if (isAbort(error)) return new Problem('timeout', 'The work was stopped', { cause: error });
  if (!(error instanceof RankforgeError))
    return new Problem('internal', 'Internal error: this is a bug', { cause: error });
  const retryAfter =
    error.retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(error.retryAfterMs / 1000));
  switch (error.code) {
    case 'usage':
    case 'context-overflow':
      return new Problem('invalid', `${error.message}. ${error.hintIn(spellField(fields))}`, {
        cause: error,
      });
    case 'rate-limited':
      return new Problem('overloaded', 'The model behind the reranker is rate-limited', {
        retryAfter: retryAfter ?? 1,
        cause: error,
      });
    case 'timeout':
      return new Problem('timeout', 'The model behind the reranker did not answer in time', { cause: error });
    case 'budget-exhausted':
      return new Problem('stopping', 'The budget of this server is used up', { cause: error });
    default:
      return new Problem('model-failed', `The model behind the reranker failed (${error.code})`, {
        retryAfter,
        cause: error,
      });
  }
}
