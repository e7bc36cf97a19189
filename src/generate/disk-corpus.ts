import type { Passage } from '../core/passage.js';
import { PassageStore } from '../formats/passage-store.js';
import type { Corpus } from './corpus.js';

/** A corpus in a file of its own: memory holds its ids and some 60 bytes a passage, and no text. */
export interface DiskCorpus extends Corpus, AsyncDisposable {
  /**
   * Passes passages on and keeps each, so that one reading fills an index and the corpus. The first of several passages
   * with one id counts.
   * @throws RankforgeError `disk-full`
   */
  keep(passages: AsyncIterable<Passage> | Iterable<Passage>): AsyncGenerator<Passage>;
  get(id: string): Promise<Passage | undefined>;
}

/**
 * A corpus that lies on disk while it is drawn from. The file is made anew, and removed on disposal.
 * @throws RankforgeError `missing-file` for a folder that cannot be, `no-permission`
 */
export async function createDiskCorpus(path: string): Promise<DiskCorpus> {
  const store = new PassageStore({ path });
  await store.toDisk();
  const ids: string[] = [];
  return {
    ids,
    async *keep(passages) {
      for await (const passage of passages) {
        if (!store.has(passage.id)) {
          await store.add(passage);
          ids.push(passage.id);
        }
        yield passage;
      }
    },
    get: async (id) => store.get(id),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
