import { RankforgeError } from '../../core/errors.js';
import { type Passage, passageText } from '../../core/passage.js';
import type { JobOptions } from '../../core/progress.js';
import { randomStream } from '../../core/random.js';
import type { EmbeddingModel } from '../../models/embedding-model.js';
import { openVectorStore, type VectorStore } from '../cluster/vector-file.js';
import type { VectorSource } from '../cluster/vector-source.js';
import { Funnel } from '../funnel.js';
import { type ChosenRows, chooseRows } from './choose-rows.js';
import { fieldValue } from './field-value.js';
import { type FitPassagesOptions, fitPassages } from './fit-passages.js';
import { parseSettings } from './parse-settings.js';
import type { LoggedQuery } from './read-query-log.js';
import { documentOf, samplePassages } from './sample-passages.js';
import { embedsCorpus, type SampleMethod, type SampleRequest, SampleSettings } from './sample-settings.js';

export interface DrawPassagesOptions extends FitPassagesOptions {
  /** Passages wanted. */
  readonly count: number;
  /** What `cluster`, `mmr` and `query-log` embed with; not closed. */
  readonly encoder?: EmbeddingModel;
  /** What `query-log` follows. */
  readonly log?: readonly LoggedQuery[];
  /** File that vectors lie in meanwhile, so that memory stays flat; removed at the end. @default memory, 4 bytes a number */
  readonly vectorFile?: string;
  /** Of `uniform` with `spread`. @default documentOf */
  readonly document?: (passage: Passage) => string;
}

/** How a sample came about, for the report. */
export interface SampleReport extends Pick<ChosenRows, 'clusters' | 'groups' | 'topics' | 'cosine'> {
  readonly method: SampleMethod;
  readonly asked: number;
  /** Passages that a query may be written about. */
  readonly fit: number;
  readonly drawn: number;
  /** What is to be known of it, in sentences; for instance that a group had too few. */
  readonly notes: readonly string[];
}

export interface DrawnPassages {
  /** In an order of which any beginning is a sample of its kind too. */
  readonly passages: readonly Passage[];
  readonly report: SampleReport;
}

const textsPerCall = 256;

/**
 * Draws documents to write queries about: min(count, those fit) of them, seeded. Reads the corpus once for `uniform` without
 * `spread`, and else twice, to choose by place and then to fetch: 16 bytes a passage are held, besides what finds
 * near-duplicates, what a method holds, and the passages drawn.
 * @param open gives the corpus from its beginning, in the same order each time
 * @throws RankforgeError `usage` where an encoder or a log is missing, or settings are out of range; `empty-corpus` where
 *   no passage is fit or drawn; `bad-file` where the corpus changed between two readings; what reading and embedding throw
 */
export async function drawPassages(
  open: () => AsyncIterable<Passage> | Iterable<Passage>,
  request: SampleRequest,
  options: DrawPassagesOptions,
): Promise<DrawnPassages> {
  const settings = parseSettings(SampleSettings, request, 'Sample');
  checkOptions(settings, options);
  const funnel = new Funnel();
  try {
    const drawn = await (settings.method === 'uniform' && !settings.spread
      ? drawUniformly(open(), { ...options, funnel })
      : drawByChoice(open, settings, { ...options, funnel }));
    if (drawn.report.fit === 0) {
      throw noneFit(funnel);
    }
    if (drawn.passages.length === 0) {
      throw new RankforgeError('empty-corpus', `No passage was drawn. ${drawn.report.notes.join(' ')}`, {
        where: 'sample',
        hint: 'Name shares of what the corpus has, or refill: any.',
      });
    }
    return drawn;
  } finally {
    options.funnel?.add(funnel);
  }
}

/** The funnel is not written where nothing was drawn: the error says what it holds. */
function noneFit(funnel: Funnel): RankforgeError {
  const { in: read, rejected } = funnel.stage('passages');
  const reasons = Object.entries(rejected).map(([reason, times]) => `${reason} ${times}`);
  const why = read === 0 ? '' : `: of ${read}, ${reasons.join(', ')}`;
  return new RankforgeError('empty-corpus', `There is no passage to write queries about${why}`, {
    hint: 'Give passages of running text, 25 words or more unless minWords says otherwise.',
  });
}

type Settled = DrawPassagesOptions & { readonly funnel: Funnel };

async function drawUniformly(passages: AsyncIterable<Passage> | Iterable<Passage>, options: Settled) {
  const drawn: Passage[] = [];
  for await (const passage of samplePassages(passages, options)) drawn.push(passage);
  const fit = drawn.length + (options.funnel.stage('passages').rejected['not-drawn'] ?? 0);
  return { passages: drawn, report: report('uniform', options.count, fit, drawn.length, {}) };
}

async function drawByChoice(
  open: () => AsyncIterable<Passage> | Iterable<Passage>,
  settings: SampleSettings,
  options: Settled,
): Promise<DrawnPassages> {
  const { seed, count, encoder, funnel, signal, document = documentOf } = options;
  await using store =
    encoder && embedsCorpus(settings)
      ? await openVectorStore(encoder.dimensions, options.vectorFile)
      : undefined;
  const places: number[] = [];
  const uniforms: number[] = [];
  const groups: (string | undefined)[] = [];
  const embed = embedder(encoder, store, options);
  for await (const { passage, position } of fitPassages(open(), options)) {
    places.push(position);
    uniforms.push(randomStream(seed, 'passages', passage.id).next());
    if (settings.method === 'quota') groups.push(fieldValue(passage.metadata, settings.field));
    if (settings.method === 'uniform') groups.push(document(passage));
    await embed.add(passageText(passage));
  }
  await embed.flush();
  const vectors: VectorSource | undefined = await store?.finish();
  const chosen: ChosenRows =
    places.length === 0
      ? { rows: [] }
      : await chooseRows(settings, { ...options, uniforms, groups, vectors });
  const passages = await fetchAt(
    open(),
    chosen.rows.map((row) => places[row]!),
    signal,
  );
  for (const _ of passages) funnel.accept('passages');
  for (let left = places.length - passages.length; left > 0; left--) funnel.reject('passages', 'not-drawn');
  return { passages, report: report(settings.method, count, places.length, passages.length, chosen) };
}

/** Embeds texts a few hundred at a time. */
function embedder(
  encoder: EmbeddingModel | undefined,
  store: VectorStore | undefined,
  { signal, onProgress }: JobOptions,
) {
  let waiting: string[] = [];
  let done = 0;
  const flush = async () => {
    const texts = waiting;
    waiting = [];
    if (!encoder || !store || texts.length === 0) return;
    signal?.throwIfAborted();
    await store.add(await encoder.embed(texts, { signal }));
    done += texts.length;
    onProgress?.({ stage: 'embed', done });
  };
  return {
    flush,
    async add(text: string) {
      if (!store) return;
      waiting.push(text);
      if (waiting.length === textsPerCall) await flush();
    },
  };
}

/** The passages at some places, in the order asked. */
async function fetchAt(
  passages: AsyncIterable<Passage> | Iterable<Passage>,
  places: readonly number[],
  signal: AbortSignal | undefined,
): Promise<Passage[]> {
  const orderOf = new Map(places.map((place, order) => [place, order]));
  const found: Passage[] = [];
  let place = 0;
  let left = places.length;
  if (left === 0) return found;
  for await (const passage of passages) {
    signal?.throwIfAborted();
    const order = orderOf.get(place++);
    if (order === undefined) continue;
    found[order] = passage;
    if (--left === 0) return found;
  }
  throw new RankforgeError('bad-file', 'The corpus is shorter than when it was read before', {
    hint: 'Let nothing write to the corpus meanwhile, and run it again.',
  });
}

function report(
  method: SampleMethod,
  asked: number,
  fit: number,
  drawn: number,
  { rows: _rows, notes = [], ...chosen }: Partial<ChosenRows>,
): SampleReport {
  const few =
    fit < asked ? [`${asked} passages were asked for, and ${fit} are fit to be written about.`] : [];
  return { method, asked, fit, drawn, notes: [...few, ...notes], ...chosen };
}

function checkOptions(settings: SampleSettings, { count, encoder, log }: DrawPassagesOptions): void {
  const hint = 'Correct the option.';
  if (!Number.isInteger(count) || count < 1) {
    throw new RankforgeError('usage', `count must be a whole number, 1 or more, not ${count}`, {
      where: 'count',
      hint,
    });
  }
  if (embedsCorpus(settings) && !encoder) {
    throw new RankforgeError('usage', `Sampling by ${settings.method} needs an encoder`, {
      where: 'encoder',
      hint: 'Name an encoder, or sample uniformly or by quota.',
    });
  }
  if (settings.method === 'query-log' && !log?.length) {
    throw new RankforgeError('usage', 'Sampling by query-log needs the log', {
      where: 'log',
      hint: 'Give its queries: readQueryLog reads a file of them.',
    });
  }
}
