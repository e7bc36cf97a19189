import type { Passage } from '../core/passage.js';

/** The passages that negatives come from. A large corpus may keep them on disk. */
export interface Corpus {
  readonly ids: readonly string[];
  get(id: string): Passage | undefined | Promise<Passage | undefined>;
}

/** A corpus of passages that are a map already, wherever that keeps them. */
export const corpusOfMap = (passages: ReadonlyMap<string, Passage>): Corpus => ({
  ids: [...passages.keys()],
  get: (id) => passages.get(id),
});

/** A corpus in memory. The first of several passages with one id counts. */
export function corpusOf(passages: Iterable<Passage>): Corpus {
  const byId = new Map<string, Passage>();
  for (const passage of passages) if (!byId.has(passage.id)) byId.set(passage.id, passage);
  return { ids: [...byId.keys()], get: (id) => byId.get(id) };
}
