import pLimit from 'p-limit';
import type { Example } from '../core/example.js';
import type { Passage } from '../core/passage.js';
import { packageVersion } from '../core/version.js';
import { loadPrompt } from '../prompts/template.js';
import { type CompletedExample, type CompletionOptions, completeExample } from './complete-example.js';
import { Funnel } from './funnel.js';
import { orderedMap } from './ordered-map.js';
import { checkSource, countChecked, type QueryChecks } from './queries/check-source.js';
import { queryType } from './queries/query-types.js';
import {
  queryDuplicates,
  type WriteQueryRequest,
  type WriteResult,
  writeQuery,
} from './queries/write-queries.js';
import { checkOptions, type GenerateSetOptions } from './set-options.js';
import { countTypes, planSlots, type Slot, type TypeCounts } from './slots.js';
import { asStop, notReached } from './stopped.js';

export type { GenerateSetOptions } from './set-options.js';

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
  const slots = planSlots({
    count,
    seed,
    types: options.types,
    gradedShare: options.graded?.share ?? 0,
    editedShare: options.edits?.share ?? 0,
  });
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
  const linked = async ({ passage, type, variant }: WriteQueryRequest): Promise<Passage | undefined> =>
    queryType(type).passages === 2
      ? (await options.linker?.(passage, variant, { signal }))?.passage
      : undefined;

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
      written: await writeQuery(
        { ...request, linked: await linked(request) },
        { ...options.writer, seed },
        { signal },
      ),
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
    const completed = under(checkedQueries(slotsOfBatch), async ({ slot, query }) => {
      const finished: CompletedExample[] = [];
      for (const begun of query.seeds.slice(0, slot.examples)) {
        finished.push(await completeExample(begun, completion(options, slot), { signal }));
      }
      return { slot, query, finished };
    });
    for await (const { slot, query, finished } of completed) {
      if (finished.some(({ answerable }) => answerable)) {
        funnel.withdraw('judge-source', 'answerable');
        continue;
      }
      slot.accepted = true;
      for (const { example, funnel: ofPassages } of finished) {
        funnel.add(ofPassages);
        funnel.accept('examples');
        await accept({ ...example, ledgerKeys: [...query.ledgerKeys, ...example.ledgerKeys] });
      }
      if (query.seeds.length > finished.length) funnel.note('examples', 'twin-left-out');
    }
  }

  async function accept(example: Example): Promise<void> {
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

function completion(
  {
    corpus,
    seed,
    mining,
    graded,
    edits,
    disagreement = { onDisagreement: 'relabel' },
    writer,
    provenance,
  }: GenerateSetOptions,
  slot: Slot,
): CompletionOptions {
  const { prompt: promptId, grades } = queryType(slot.type);
  const prompt = (promptId === 'generate/query' ? writer.prompt : undefined) ?? loadPrompt(promptId);
  return {
    corpus,
    seed,
    mining,
    graded: graded && slot.graded ? { ...graded, seed } : undefined,
    edits: edits && slot.edited ? { writer: { ...edits, seed }, how: edits.how } : undefined,
    judge: graded?.judge ?? edits?.judge,
    disagreement,
    unanswerable: grades === 'none',
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
