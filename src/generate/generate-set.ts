import pLimit from 'p-limit';
import { RankforgeError } from '../core/errors.js';
import type { Example } from '../core/example.js';
import type { Passage } from '../core/passage.js';
import type { JobOptions } from '../core/progress.js';
import type { Provenance } from '../core/provenance.js';
import { packageVersion } from '../core/version.js';
import { loadPrompt } from '../prompts/template.js';
import { type CompletionOptions, completeExample } from './complete-example.js';
import type { Corpus } from './corpus.js';
import { Funnel } from './funnel.js';
import type { DisagreementPolicy } from './graded/settle-grade.js';
import type { GradedWriter } from './graded/write-graded-passages.js';
import type { ContaminationCheck } from './hygiene/contamination.js';
import type { Judge } from './judge/judge.js';
import { orderedMap } from './ordered-map.js';
import { checkSource, countChecked, type QueryChecks, type SourceCheck } from './queries/check-source.js';
import type { TypeShares } from './queries/query-types.js';
import {
  type QueryWriter,
  queryDuplicates,
  type WriteQueryRequest,
  type WriteResult,
  writeQuery,
} from './queries/write-queries.js';
import { countTypes, planSlots, type Slot, type TypeCounts } from './slots.js';
import { asStop, notReached } from './stopped.js';

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
  /** @default { onDisagreement: 'relabel' } */
  readonly disagreement?: DisagreementPolicy;
  readonly contamination?: ContaminationCheck;
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

export interface GeneratedSet {
  readonly examples: readonly Example[];
  readonly accepted: number;
  readonly types: TypeCounts;
  readonly funnel: Funnel;
  /** What stopped the job, where it is not complete: `count-not-reached`, `budget-exhausted`, `aborted`, or a model's error. */
  readonly stopped?: unknown;
}

/**
 * Makes exactly `count` examples of the asked mix. Each has a slot with its type; every round draws the next passages for the slots still empty,
 * in order, so the set depends on the seed and the replies alone, not on concurrency, and no call is made for an example
 * that is not wanted. Stops with what it has when the budget is used up or the signal fires: run again over the same ledger, it pays for nothing twice.
 * @throws RankforgeError `empty-corpus`, `usage`; what `onExample` throws. Everything else that stops it is in `stopped`: see `requireComplete`.
 */
export async function generateSet(options: GenerateSetOptions): Promise<GeneratedSet> {
  const {
    count,
    seed,
    passages,
    concurrency = 4,
    batch = 8 * concurrency,
    maxAttempts = 6 * count + 20,
    onExample,
    collect = true,
  } = options;
  checkOptions(options);
  const checks: QueryChecks = { ...options.source, contamination: options.contamination };
  const funnel = new Funnel();
  const seen = queryDuplicates(seed);
  const slots = planSlots({ count, seed, types: options.types, gradedShare: options.graded?.share ?? 0 });
  const limit = pLimit(concurrency);
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const examples: Example[] = [];
  let accepted = 0;
  let attempts = 0;
  let queriesWritten = 0;

  const requestFor = (slot: Slot): WriteQueryRequest => {
    const draw = attempts++;
    const passage = passages[draw % passages.length]!;
    return { passage, type: slot.type, variant: Math.floor(draw / passages.length) };
  };

  // The stages of a batch overlap, so what bounds the work is one limit for all of them.
  const under = <T, R>(items: AsyncIterable<T> | Iterable<T>, work: (item: T) => Promise<R>) =>
    orderedMap(items, concurrency, (item) =>
      limit(() => {
        signal.throwIfAborted();
        return work(item);
      }),
    );

  /** Queries of one batch that hold, in order. */
  async function* checkedQueries(slotsOfBatch: readonly Slot[]) {
    const requests = slotsOfBatch
      .slice(0, maxAttempts - attempts)
      .map((slot) => ({ slot, request: requestFor(slot) }));
    const drafts: { slot: Slot; written: WriteResult }[] = [];
    const writing = under(requests, async ({ slot, request }) => ({
      slot,
      written: await writeQuery(request, { ...options.writer, seed }, { signal }),
    }));
    for await (const draft of writing) {
      drafts.push(draft);
      options.onProgress?.({ stage: 'queries', done: ++queriesWritten });
    }
    const results = under(drafts, async ({ slot, written }) => ({
      slot,
      checked: await checkSource(written, checks, { signal }),
    }));
    for await (const { slot, checked } of results) {
      const query = countChecked(checked, checks, funnel);
      if (!query) continue;
      // Last, and in order: only a query that would be used may keep a later one out.
      const { id, text } = query.written.query;
      if (seen.add(id, text)) {
        funnel.reject('duplicates', 'duplicate-query');
        continue;
      }
      funnel.accept('duplicates');
      yield { slot, query };
    }
  }

  async function completeBatch(slotsOfBatch: readonly Slot[]): Promise<void> {
    const completed = under(checkedQueries(slotsOfBatch), async ({ slot, query }) => ({
      slot,
      ...(await completeExample(query, completion(options, slot), { signal })),
    }));
    for await (const { slot, example, funnel: ofPassages } of completed) {
      funnel.add(ofPassages);
      funnel.accept('examples');
      slot.accepted = true;
      accepted += 1;
      if (collect) examples.push(example);
      try {
        await onExample?.(example);
      } catch (error) {
        stop.abort();
        throw new SinkError(error);
      }
      options.onProgress?.({ stage: 'examples', done: accepted, total: count });
    }
  }

  let stopped: unknown;
  try {
    while (accepted < count && attempts < maxAttempts) {
      const open = slots.filter((slot) => !slot.accepted);
      for (let start = 0; start < open.length && attempts < maxAttempts; start += batch) {
        await completeBatch(open.slice(start, start + batch));
      }
    }
  } catch (error) {
    if (error instanceof SinkError) throw error.failure;
    stopped = asStop(error, options.signal);
  }
  const types = countTypes(slots);
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

function checkOptions(options: GenerateSetOptions): void {
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
  const { count, passages, graded } = options;
  if (graded && !(graded.share >= 0 && graded.share <= 1)) {
    throw new RankforgeError('usage', `graded.share must be from 0 to 1, not ${graded.share}`, {
      where: 'graded.share',
      hint,
    });
  }
  if (passages.length === 0 && count > 0) {
    throw new RankforgeError('empty-corpus', 'There is no passage to write queries about', {
      hint: 'Give a corpus with text; the funnel of the sampling stage says why passages were left out.',
    });
  }
}

function completion(
  {
    corpus,
    seed,
    mining,
    graded,
    disagreement = { onDisagreement: 'relabel' },
    writer,
    provenance,
  }: GenerateSetOptions,
  slot: Slot,
): CompletionOptions {
  const prompt = writer.prompt ?? loadPrompt('generate/query');
  return {
    corpus,
    seed,
    mining,
    graded: graded && slot.graded ? { ...graded, seed } : undefined,
    judge: graded?.judge,
    disagreement,
    provenance: {
      packageVersion,
      promptId: prompt.id,
      promptHash: prompt.hash,
      modelId: writer.model.id,
      ...provenance,
      seed,
    },
  };
}
