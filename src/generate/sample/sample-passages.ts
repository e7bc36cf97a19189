import type { Passage } from '../../core/passage.js';
import { randomStream } from '../../core/random.js';
import { type FitPassagesOptions, fitPassages } from './fit-passages.js';

export interface SamplePassagesOptions extends FitPassagesOptions {
  /** How many; absent: all that pass, in a seeded order. */
  readonly count?: number;
  /** Take documents in turn rather than passages uniformly, so that one long document does not fill the sample. @default false */
  readonly spread?: boolean;
  /** @default documentOf */
  readonly document?: (passage: Passage) => string;
}

/** The document a passage was cut from: `metadata.document` (or `metadata.cluster`), else its id up to the last `#`. */
export function documentOf({ id, metadata }: Passage): string {
  for (const key of ['document', 'cluster']) {
    const value = metadata?.[key];
    if (typeof value === 'string' || typeof value === 'number') return String(value);
  }
  const at = id.lastIndexOf('#');
  return at > 0 ? id.slice(0, at) : id;
}

interface Drawn {
  readonly passage: Passage;
  readonly priority: number;
}

/**
 * A seeded uniform sample in a seeded order: each passage draws its priority from its own id, so neither the order of the
 * corpus nor shards change it (only which one of several near-duplicates is kept is by order). Holds `count` passages at most, all of them without `count` or with `spread`.
 * Rejections `too-short`, `boilerplate`, `exact-duplicate`, `near-duplicate`, `not-drawn` are counted under `passages`.
 */
export async function* samplePassages(
  passages: AsyncIterable<Passage> | Iterable<Passage>,
  options: SamplePassagesOptions,
): AsyncGenerator<Passage> {
  const { seed, count, spread = false, funnel, signal } = options;
  let drawn: Drawn[] = [];
  let dropped = 0;
  const shrink = (to: number) => {
    dropped += Math.max(0, drawn.length - to);
    drawn = drawn.sort(byPriority).slice(0, to);
  };
  for await (const { passage } of fitPassages(passages, options)) {
    drawn.push({ passage, priority: randomStream(seed, 'passages', passage.id).next() });
    if (count !== undefined && !spread && drawn.length >= 2 * count + 1000) shrink(count);
  }
  drawn.sort(byPriority);
  if (spread) drawn = inTurn(drawn, options.document ?? documentOf);
  dropped += Math.max(0, drawn.length - (count ?? drawn.length));
  for (let i = 0; i < dropped; i++) funnel?.reject('passages', 'not-drawn');
  for (const { passage } of drawn.slice(0, count)) {
    signal?.throwIfAborted();
    funnel?.accept('passages');
    yield passage;
  }
}

const byPriority = (a: Drawn, b: Drawn): number =>
  a.priority - b.priority || (a.passage.id < b.passage.id ? -1 : 1);

/** First one passage of each document, then a second of each, …: each round in order of priority. */
function inTurn(drawn: readonly Drawn[], document: (passage: Passage) => string): Drawn[] {
  const taken = new Map<string, number>();
  const rounds = drawn.map((item) => {
    const name = document(item.passage);
    const round = taken.get(name) ?? 0;
    taken.set(name, round + 1);
    return { item, round };
  });
  return rounds.sort((a, b) => a.round - b.round).map(({ item }) => item);
}
