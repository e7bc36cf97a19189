import type { Passage } from '../core/passage.js';
import { packageVersion } from '../core/version.js';
import { loadPrompt } from '../prompts/template.js';
import { type CompletedExample, type CompletionOptions, completeExample } from './complete-example.js';
import { fillSlots, type GeneratedSet, type SlotRequest, type SlotWork } from './fill-slots.js';
import { checkSource, countChecked, type QueryChecks } from './queries/check-source.js';
import { queryType } from './queries/query-types.js';
import { queryDuplicates, writeQuery } from './queries/write-queries.js';
import { forgetLostTwins } from './select/keep-twins.js';
import { checkOptions, type GenerateSetOptions } from './set-options.js';
import { planSlots, type Slot } from './slots.js';

export { type GeneratedSet, requireComplete } from './fill-slots.js';
export type { GenerateSetOptions } from './set-options.js';

/**
 * Makes exactly `count` examples of the asked mix. Each has a slot with its type; every round draws the next passages for the slots still empty,
 * in order, so the set depends on the seed and the replies alone, not on concurrency, and no call is made for an example
 * that is not wanted. Stops with what it has when the budget is used up or the signal fires: run again over the same ledger, it pays for nothing twice.
 * @throws RankforgeError `empty-corpus`, `usage`; what `onExample` throws. Everything else that stops it is in `stopped`: see `requireComplete`.
 */
export async function generateSet(options: GenerateSetOptions): Promise<GeneratedSet> {
  const { count, seed } = options;
  checkOptions(options);
  const checks: QueryChecks = { ...options.source, contamination: options.contamination };
  const seen = queryDuplicates(seed);
  const writer = { ...options.writer, seed };
  const slots = planSlots({
    count,
    seed,
    types: options.types,
    gradedShare: options.graded?.share ?? 0,
    editedShare: options.edits?.share ?? 0,
  });
  let queriesWritten = 0;

  async function write({ slot, request: { passage, variant } }: SlotRequest<Draw>, { signal }: SlotWork) {
    const { type } = slot;
    const linked =
      queryType(type).passages === 2
        ? (await options.linker?.(passage, variant, { signal }))?.passage
        : undefined;
    return {
      slot,
      written: await writeQuery({ passage, type, variant, linked }, writer, { signal }),
    };
  }

  /** Queries of one batch that hold, in order. */
  async function* checkedQueries(batch: readonly SlotRequest<Draw>[], work: SlotWork) {
    const { under, funnel, signal } = work;
    const drafts: Awaited<ReturnType<typeof write>>[] = [];
    for await (const draft of under(batch, (request) => write(request, work))) {
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

  async function completeBatch(batch: readonly SlotRequest<Draw>[], work: SlotWork): Promise<void> {
    const { under, funnel, signal, accept } = work;
    const completed = under(checkedQueries(batch, work), async ({ slot, query }) => {
      const finished: CompletedExample[] = [];
      for (const begun of query.seeds.slice(0, slot.examples)) {
        const shared = finished[0]?.negatives;
        finished.push(await completeExample(begun, { ...completion(options, slot), shared }, { signal }));
      }
      return { slot, query, finished };
    });
    for await (const { slot, query, finished } of completed) {
      if (finished.some(({ answerable }) => answerable)) {
        funnel.withdraw('judge-source', 'answerable');
        continue;
      }
      slot.accepted = true;
      const examples = forgetLostTwins(finished.map(({ example }) => example));
      for (const [at, example] of examples.entries()) {
        funnel.add(finished[at]!.funnel);
        funnel.accept('examples');
        // It counts, and the grades of its source flip; but no pair can be made of it.
        if (at > 0 && !example.passages.some(({ kind }) => kind === 'positive'))
          funnel.note('examples', 'twin-without-positive');
        await accept({ ...example, ledgerKeys: [...query.ledgerKeys, ...example.ledgerKeys] });
      }
      if (query.seeds.length > finished.length) funnel.note('examples', 'twin-left-out');
    }
  }

  return fillSlots(slots, draws(options.passages), completeBatch, options);
}

/** A passage to write about, and how often it was drawn before. */
interface Draw {
  readonly passage: Passage;
  readonly variant: number;
}

/** Every passage in turn, again and again. */
function* draws(passages: readonly Passage[]): Generator<Draw> {
  for (let variant = 0; passages.length > 0; variant++)
    for (const passage of passages) yield { passage, variant };
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
