import pLimit from 'p-limit';
import { isAbort, RankforgeError } from '../core/errors.js';
import type { Example } from '../core/example.js';
import type { Passage } from '../core/passage.js';
import type { JobOptions } from '../core/progress.js';
import type { Provenance } from '../core/provenance.js';
import { randomStream, shuffle } from '../core/random.js';
import { packageVersion } from '../core/version.js';
import { loadPrompt } from '../prompts/template.js';
import type { ContaminationCheck } from './contamination.js';
import type { Corpus } from './corpus.js';
import {
  type CheckedQuery,
  type CompletionOptions,
  checkSource,
  completeExample,
  type SourceCheck,
} from './draft-example.js';
import { Funnel } from './funnel.js';
import type { Judge } from './judge.js';
import { orderedMap } from './ordered-map.js';
import { defaultTypes, type QueryTypeName, rotateTypes, type TypeShares } from './query-types.js';
import type { DisagreementPolicy } from './settle-grade.js';
import type { GradedWriter } from './write-graded-passages.js';
import {
  type QueryWriter,
  queryDuplicates,
  type WriteQueryRequest,
  type WriteResult,
  writeQuery,
} from './write-queries.js';

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
  /** Accepted and wanted, by query type. */
  readonly types: Readonly<
    Partial<Record<QueryTypeName, { readonly accepted: number; readonly wanted: number }>>
  >;
  readonly funnel: Funnel;
  /** What stopped the job, where it is not complete: `count-not-reached`, `budget-exhausted`, `aborted`, or a model's error. */
  readonly stopped?: unknown;
}

interface Slot {
  readonly type: QueryTypeName;
  readonly graded: boolean;
  accepted: boolean;
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
  const funnel = new Funnel();
  const seen = queryDuplicates(seed);
  const slots = planSlots(options);
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
    const results = under(drafts, async ({ slot, written }) => {
      const contaminated = 'reason' in written ? undefined : options.contamination?.(written.query.text);
      if (contaminated)
        return { slot, checked: { written, stage: 'contamination', reason: contaminated } as const };
      return { slot, checked: await checkSource(written, options.source ?? {}, { signal }) };
    });
    for await (const { slot, checked } of results) {
      const query = countQuery(checked, options, funnel);
      // Last, and in order: only a query that would be used may keep a later one out.
      const repeats = query && seen.add(query.written.query.id, query.written.query.text);
      if (query) {
        if (repeats) funnel.reject('duplicates', 'duplicate-query');
        else funnel.accept('duplicates');
      }
      if (query && !repeats) yield { slot, query };
    }
  }

  async function completeBatch(slotsOfBatch: readonly Slot[]): Promise<void> {
    const completed = under(checkedQueries(slotsOfBatch), async ({ slot, query }) => ({
      slot,
      ...(await completeExample(query, completion(options, slot), { signal })),
    }));
    for await (const { slot, example, count: countInto } of completed) {
      countInto(funnel);
      slot.accepted = true;
      accepted += 1;
      funnel.accept('examples');
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

  try {
    while (accepted < count && attempts < maxAttempts) {
      const open = slots.filter((slot) => !slot.accepted);
      for (let start = 0; start < open.length && attempts < maxAttempts; start += batch) {
        await completeBatch(open.slice(start, start + batch));
      }
    }
  } catch (error) {
    if (error instanceof SinkError) throw error.failure;
    return { ...summary(), stopped: asStop(error, options.signal) };
  }
  return accepted < count ? { ...summary(), stopped: notReached(summary(), count, attempts) } : summary();

  function summary(): Omit<GeneratedSet, 'stopped'> {
    const types: Partial<Record<QueryTypeName, { accepted: number; wanted: number }>> = {};
    for (const { type, accepted: done } of slots) {
      types[type] ??= { accepted: 0, wanted: 0 };
      types[type].wanted += 1;
      if (done) types[type].accepted += 1;
    }
    return { examples, accepted, types, funnel };
  }
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

function checkOptions({ count, passages, graded }: GenerateSetOptions): void {
  const hint = 'Correct the option.';
  if (!Number.isInteger(count) || count < 0) {
    throw new RankforgeError('usage', `count must be a whole number, 0 or more, not ${count}`, {
      where: 'count',
      hint,
    });
  }
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

function planSlots({ count, seed, types = defaultTypes, graded }: GenerateSetOptions): Slot[] {
  const rotation = rotateTypes(types);
  const withGraded = Math.round((graded?.share ?? 0) * count);
  // Drawn, so that written passages are not tied to a type by its place in the rotation.
  const chosen = new Set(
    shuffle(
      Array.from({ length: count }, (_, index) => index),
      randomStream(seed, 'graded-slots'),
    ).slice(0, withGraded),
  );
  return Array.from({ length: count }, (_, index) => ({
    type: rotation.next().value,
    graded: chosen.has(index),
    accepted: false,
  }));
}

function completion(options: GenerateSetOptions, slot: Slot): CompletionOptions {
  const { corpus, seed, mining, graded, disagreement = { onDisagreement: 'relabel' }, writer } = options;
  const prompt = writer.prompt ?? loadPrompt('generate/query');
  const provenance: Provenance = {
    packageVersion,
    promptId: prompt.id,
    promptHash: prompt.hash,
    modelId: writer.model.id,
    ...options.provenance,
    seed,
  };
  return {
    corpus,
    seed,
    disagreement,
    provenance,
    ...(mining ? { mining } : {}),
    ...(graded && slot.graded ? { graded: { ...graded, seed } } : {}),
    ...(graded?.judge ? { judge: graded.judge } : {}),
  };
}

type Checked =
  | CheckedQuery
  | { readonly written: unknown; readonly stage: 'contamination'; readonly reason: string };

/** Counts a query at each stage that it reached: written, free of the evaluation set, found again, judged. */
function countQuery(checked: Checked, options: GenerateSetOptions, funnel: Funnel) {
  const stages = [
    'queries',
    ...(options.contamination ? (['contamination'] as const) : []),
    ...(options.source?.roundTrip ? (['round-trip'] as const) : []),
    ...(options.source?.judge ? (['judge-source'] as const) : []),
  ];
  for (const stage of stages) {
    if ('reason' in checked && checked.stage === stage) {
      funnel.reject(stage, checked.reason);
      return undefined;
    }
    funnel.accept(stage);
  }
  return 'reason' in checked ? undefined : checked;
}

/** An abort as the library's own error; others as they are. */
function asStop(error: unknown, signal: AbortSignal | undefined): unknown {
  if (!signal?.aborted || (error instanceof RankforgeError && !isAbort(error))) return error;
  return new RankforgeError('aborted', 'Stopped by its signal', {
    hint: 'Run the same command again: it resumes.',
    cause: error,
  });
}

function notReached(
  { accepted, types, funnel }: Omit<GeneratedSet, 'stopped'>,
  count: number,
  attempts: number,
): RankforgeError {
  const missing = Object.entries(types)
    .filter(([, type]) => type.accepted < type.wanted)
    .map(([name, type]) => `${type.wanted - type.accepted} ${name}`);
  const reasons = funnel
    .toJSON()
    .stages.filter(({ stage }) => stage !== 'negatives' && stage !== 'graded' && stage !== 'judge-written')
    .flatMap(({ rejected }) => Object.entries(rejected))
    .sort(([, a], [, b]) => b - a)
    .slice(0, 4)
    .map(([reason, times]) => `${reason} ${times}`);
  return new RankforgeError(
    'count-not-reached',
    `${accepted} of ${count} examples after ${attempts} queries; missing: ${missing.join(', ')}; rejected most: ${reasons.join(', ')}`,
    {
      where: 'generate',
      hint: 'Give more passages, a stronger model or a higher maxAttempts, or ask for fewer.',
    },
  );
}
