import pLimit from 'p-limit';
import type { Example } from '../core/example.js';
import type { JobOptions } from '../core/progress.js';
import { Funnel } from './funnel.js';
import { orderedMap } from './ordered-map.js';
import { countTypes, type Slot, type TypeCounts } from './slots.js';
import { asStop, notReached } from './stopped.js';

/** Requests that are tried for so many examples before giving up. */
export const mostAttempts = (count: number): number => 6 * count + 20;

export interface FillSlotsOptions extends JobOptions {
  /** Examples wanted. */
  readonly count: number;
  /** Examples under way at once. @default 4 */
  readonly concurrency?: number;
  /** Slots that are worked on together. @default 8 × concurrency */
  readonly batch?: number;
  /** Requests to try before giving up. @default 6 × count + 20 */
  readonly maxAttempts?: number;
  readonly onExample?: (example: Example) => void | Promise<void>;
  /** Whether the result holds the examples too. @default true */
  readonly collect?: boolean;
}

export interface GeneratedSet {
  readonly examples: readonly Example[];
  readonly accepted: number;
  readonly types: TypeCounts;
  readonly funnel: Funnel;
  /** What stopped the job, where it is not complete: `count-not-reached`, `budget-exhausted`, `aborted`, or a model's error. */
  readonly stopped?: unknown;
}

/** A slot, and what is to be written for it. */
export interface SlotRequest<R> {
  readonly slot: Slot;
  readonly request: R;
}

/** What the work on a batch is done with. */
export interface SlotWork {
  readonly signal: AbortSignal;
  readonly funnel: Funnel;
  /** Maps in order. The stages of a batch overlap, so what bounds the work is one limit for all of them. */
  under<T, R>(items: AsyncIterable<T> | Iterable<T>, work: (item: T) => Promise<R>): AsyncIterable<R>;
  /** Takes an example into the set. */
  accept(example: Example): Promise<void>;
}

/**
 * Fills slots in rounds, each in batches: every slot that is still empty gets the next request. What fills them hangs on the
 * order of slots and requests alone, and no request is made for an example that is not wanted. Ends where the requests do.
 * @param fill works on one batch: accepts examples, in order, and marks the slots that they fill
 * @throws what `onExample` throws; everything else that stops it is in `stopped`
 */
export async function fillSlots<R>(
  slots: readonly Slot[],
  requests: AsyncIterator<R> | Iterator<R>,
  fill: (batch: readonly SlotRequest<R>[], work: SlotWork) => Promise<void>,
  options: FillSlotsOptions,
): Promise<GeneratedSet> {
  const {
    count,
    concurrency = 4,
    batch = 8 * concurrency,
    maxAttempts = mostAttempts(count),
    onExample,
    collect = true,
  } = options;
  const limit = pLimit(concurrency);
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const funnel = new Funnel();
  const examples: Example[] = [];
  let accepted = 0;
  let attempts = 0;

  const work: SlotWork = {
    signal,
    funnel,
    under: (items, map) =>
      orderedMap(items, concurrency, (item) =>
        limit(() => {
          signal.throwIfAborted();
          return map(item);
        }),
      ),
    async accept(example) {
      accepted += 1;
      if (collect) examples.push(example);
      try {
        await onExample?.(example);
      } catch (error) {
        stop.abort();
        throw new SinkError(error);
      }
      options.onProgress?.({ stage: 'examples', done: accepted, total: count });
    },
  };

  async function requestsFor(open: readonly Slot[]): Promise<SlotRequest<R>[]> {
    const requested: SlotRequest<R>[] = [];
    for (const slot of open.slice(0, maxAttempts - attempts)) {
      const next = await requests.next();
      if (next.done) break;
      requested.push({ slot, request: next.value });
    }
    attempts += requested.length;
    return requested;
  }

  /** @returns whether there were requests for all of it */
  async function fillOnce(): Promise<boolean> {
    const open = slots.filter((slot) => !slot.accepted);
    for (let start = 0; start < open.length; start += batch) {
      const part = open.slice(start, start + batch);
      const requested = await requestsFor(part);
      if (requested.length > 0) await fill(requested, work);
      if (requested.length < part.length) return false;
    }
    return true;
  }

  let failure: { readonly error: unknown } | undefined;
  try {
    while (accepted < count && (await fillOnce()));
  } catch (error) {
    if (error instanceof SinkError) throw error.failure;
    failure = { error };
  }
  const types = countTypes(slots);
  let stopped = failure && asStop(failure.error, { accepted, count, types, signal: options.signal });
  if (stopped === undefined && accepted < count)
    stopped = notReached({ accepted, count, attempts, types, funnel });
  return { examples, accepted, types, funnel, stopped };
}

/** The set where it is complete. @throws what stopped it, for instance RankforgeError `count-not-reached` */
export function requireComplete(set: GeneratedSet): GeneratedSet {
  if (set.stopped !== undefined) throw set.stopped;
  return set;
}

/** Keeps a failure of the caller's own sink apart from the model's. */
class SinkError extends Error {
  constructor(readonly failure: unknown) {
    super('onExample failed');
  }
}
