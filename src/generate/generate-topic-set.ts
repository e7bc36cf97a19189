import { RankforgeError } from '../core/errors.js';
import type { ExamplePassage } from '../core/example.js';
import type { Provenance } from '../core/provenance.js';
import { packageVersion } from '../core/version.js';
import { loadPrompt } from '../prompts/template.js';
import {
  type FillSlotsOptions,
  fillSlots,
  type GeneratedSet,
  mostAttempts,
  type SlotRequest,
  type SlotWork,
} from './fill-slots.js';
import { Funnel } from './funnel.js';
import { type AddGradedOptions, addGraded } from './graded/add-graded.js';
import type { GradedWriter } from './graded/write-graded-passages.js';
import type { AsyncContaminationCheck, ContaminationCheck } from './hygiene/contamination.js';
import type { TypeShares } from './queries/query-types.js';
import { type Topic, type WriteTopicsOptions, writeTopics } from './queries/topics.js';
import { admitTopicQuery, writeTopicQuery } from './queries/without-documents.js';
import { type QueryWriter, queryDuplicates } from './queries/write-queries.js';
import { planSlots } from './slots.js';

export interface GenerateTopicSetOptions extends FillSlotsOptions, Pick<AddGradedOptions, 'judge'> {
  readonly seed: number;
  readonly topics: Omit<WriteTopicsOptions, 'seed' | 'count' | 'funnel' | 'signal' | 'onProgress'>;
  /** Queries a topic; where the model has no more topics, those that there are get more. @default 1 */
  readonly perTopic?: number;
  readonly writer: Omit<QueryWriter, 'seed' | 'examples' | 'maxCharacters' | 'maxCopied'>;
  /** Of the types that need no passage: see `topicTypes`. */
  readonly types?: TypeShares;
  /** Writes the passages of levels 3 to 0 of each query. */
  readonly graded: Omit<GradedWriter, 'seed'>;
  /** @default { onDisagreement: 'relabel' } */
  readonly disagreement?: AddGradedOptions['disagreement'];
  readonly contamination?: ContaminationCheck | AsyncContaminationCheck;
  readonly provenance?: Omit<Provenance, 'packageVersion' | 'seed'>;
}

/**
 * Makes exactly `count` examples of the asked mix with no documents: topics of a domain, queries about them, and passages of every
 * level for each query, judged before they count. An example has a passage of grade 2 or 3 and one below. As with `generateSet`, the
 * set depends on the seed and the replies alone, and a second run over the same ledger pays for nothing twice.
 * @throws what `onExample` throws. Everything else that stops it is in `stopped`: see `requireComplete`.
 * @see Esfandiarpoor et al. 2025 (SyCL, arXiv:2503.23239)
 */
export async function generateTopicSet(options: GenerateTopicSetOptions): Promise<GeneratedSet> {
  const { count, seed, types, contamination, judge, disagreement = { onDisagreement: 'relabel' } } = options;
  const writer = { ...options.writer, seed };
  const graded = { ...options.graded, seed };
  const seen = queryDuplicates(seed);
  const ofTopics = new Funnel();
  const { id: promptId, hash: promptHash } = writer.prompt ?? loadPrompt('generate/topic-query');
  const provenance: Provenance = {
    packageVersion,
    promptId,
    promptHash,
    modelId: writer.model.id,
    ...options.provenance,
    seed,
  };

  /** Queries of one batch that hold, in order. */
  async function* admitted(batch: readonly SlotRequest<Draw>[], { under, funnel, signal }: SlotWork) {
    const drafts = under(batch, async ({ slot, request }) => ({
      slot,
      draft: await writeTopicQuery({ ...request, type: slot.type }, writer, { signal }),
    }));
    for await (const { slot, draft } of drafts) {
      const query = await admitTopicQuery(draft, { contamination, seen, funnel, signal });
      if (query) yield { slot, query };
    }
  }

  async function completeBatch(batch: readonly SlotRequest<Draw>[], work: SlotWork): Promise<void> {
    const { under, funnel, signal, accept } = work;
    const completed = under(admitted(batch, work), async ({ slot, query }) => {
      const own = new Funnel();
      const added = await addGraded(query, { graded, judge, disagreement }, own, { signal });
      return { slot, query, added, own };
    });
    for await (const {
      slot,
      query: { query, ledgerKeys },
      added,
      own,
    } of completed) {
      funnel.add(own);
      const missing = missingFrom(added.passages);
      if (missing) {
        funnel.reject('examples', missing);
        continue;
      }
      slot.accepted = true;
      funnel.accept('examples');
      await accept({
        query,
        passages: added.passages,
        split: 'train',
        ledgerKeys: [...ledgerKeys, ...added.ledgerKeys],
        provenance,
      });
    }
  }

  const slots = planSlots({ count, seed, types, gradedShare: 0 });
  const set = await fillSlots(slots, draws(options, ofTopics), completeBatch, options);
  return { ...set, funnel: Funnel.merge(ofTopics, set.funnel) };
}

/** A topic to write about, and how often it was drawn before. */
interface Draw {
  readonly topic: Topic;
  readonly variant: number;
}

/** Each topic as it is written, `perTopic` times; and when there are no more, all of them again and again. */
async function* draws(
  {
    topics,
    perTopic = 1,
    seed,
    count,
    maxAttempts = mostAttempts(count),
    signal,
    onProgress,
  }: GenerateTopicSetOptions,
  funnel: Funnel,
): AsyncGenerator<Draw> {
  const wanted = Math.ceil(maxAttempts / perTopic);
  const written: Topic[] = [];
  for await (const topic of writeTopics({ ...topics, seed, count: wanted, funnel, signal, onProgress })) {
    written.push(topic);
    for (let variant = 0; variant < perTopic; variant++) yield { topic, variant };
  }
  if (written.length === 0) throw noTopic(topics.domain, funnel);
  for (let variant = perTopic; written.length > 0; variant++)
    for (const topic of written) yield { topic, variant };
}

/** Nothing was asked yet: the reasons are those of the topics. */
function noTopic(domain: string, funnel: Funnel): RankforgeError {
  const reasons = Object.entries(funnel.stage('topics').rejected).map(
    ([reason, times]) => `${reason} ${times}`,
  );
  return new RankforgeError('count-not-reached', `No topic of "${domain}" came: ${reasons.join(', ')}`, {
    where: 'generate.topics',
    hint: 'Name topics of your own as known, say the domain in other words, or take a stronger model.',
  });
}

/** What a list lacks that somebody could learn an order from. */
function missingFrom(passages: readonly ExamplePassage[]): string | undefined {
  if (!passages.some(({ grade }) => grade >= 2)) return 'no-relevant-passage';
  return passages.some(({ grade }) => grade < 2) ? undefined : 'no-other-passage';
}
