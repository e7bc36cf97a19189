import { isAbort, RankforgeError } from '../core/errors.js';
import type { Funnel } from './funnel.js';
import type { TypeCounts } from './slots.js';

interface Progress {
  readonly accepted: number;
  readonly count: number;
  readonly types: TypeCounts;
}

/** What stopped a set: an abort as the library's own error, and a stop that somebody wanted with what the set lacks. */
export function asStop(
  error: unknown,
  { signal, ...progress }: Progress & { readonly signal: AbortSignal | undefined },
): unknown {
  const stop = signal?.aborted ? asAborted(error) : error;
  if (!(stop instanceof RankforgeError) || !['aborted', 'budget-exhausted'].includes(stop.code)) return stop;
  const { accepted, count } = progress;
  const lacks = accepted < count ? `, missing: ${missing(progress)}` : '';
  return stop.with({ message: `${stop.message}; ${accepted} of ${count} examples are accepted${lacks}` });
}

function asAborted(error: unknown): unknown {
  if (error instanceof RankforgeError && !isAbort(error)) return error;
  return new RankforgeError('aborted', 'Stopped by its signal', {
    hint: 'Run it again: it resumes.',
    cause: error,
  });
}

const missing = ({ types }: Pick<Progress, 'types'>): string =>
  Object.entries(types)
    .filter(([, type]) => type.accepted < type.wanted)
    .map(([name, type]) => `${type.wanted - type.accepted} ${name}`)
    .join(', ');

// What is lost there costs a passage and not the example, but where passages are all that an example has.
const passageStages = new Set(['graded', 'judge-written', 'edits', 'negatives']);

/** The error of a set that stayed too small: what is missing, and what queries were rejected for most. */
export function notReached({
  accepted,
  count,
  attempts,
  types,
  funnel,
}: Progress & { readonly attempts: number; readonly funnel: Funnel }): RankforgeError {
  const lostByPassages = Object.keys(funnel.stage('examples').rejected).length > 0;
  const reasons = funnel
    .toJSON()
    .stages.filter(({ stage }) => lostByPassages || !passageStages.has(stage))
    .flatMap(({ rejected }) => Object.entries(rejected))
    .sort(([, a], [, b]) => b - a)
    .slice(0, 4)
    .map(([reason, times]) => `${reason} ${times}`);
  return new RankforgeError(
    'count-not-reached',
    `${accepted} of ${count} examples after ${attempts} queries; missing: ${missing({ types })}; rejected most: ${reasons.join(', ') || 'none'}`,
    {
      where: 'generate',
      hint: 'What was rejected most says what to change: duplicates and passages that link to none need a larger corpus, other faults a stronger writer or judge. Or ask for fewer.',
    },
  );
}
