import { join } from 'node:path';
import { type Passage, passageText } from '../core/passage.js';
import type { JobOptions } from '../core/progress.js';
import type { ScoredId } from '../core/run.js';
import { type Analyser, analyserOf, createAnalyser } from './analyser.js';
import { badFile, decodeTexts, encodeTexts, readBinaryFile, writeBinaryFile } from './binary-file.js';
import { type Bm25Settings, defaultBm25, type TermStatistics } from './bm25.js';
import { collectIds, unknownPassage } from './passage-ids.js';
import { type Postings, PostingsBuilder, postingScore } from './postings.js';
import { TopK } from './top-k.js';

export interface Bm25IndexSettings extends Bm25Settings {
  /** @default createAnalyser('english') */
  readonly analyser?: Analyser;
}

interface Parts {
  readonly settings: Required<Bm25IndexSettings>;
  readonly ids: readonly string[];
  readonly terms: ReadonlyMap<string, number>;
  readonly postings: Postings;
  readonly meanLength: number;
}

const kind = 'bm25-index';
const fileName = 'bm25.index';

/**
 * BM25 in Lucene's form over title and text as one field, in memory. Passages with equal scores come in the order in
 * which they were indexed.
 */
export class Bm25Index {
  readonly #parts: Parts;
  readonly #numbers: ReadonlyMap<string, number>;
  // One sum a passage, all zero between searches: a search is synchronous, so one is enough.
  readonly #sums: Float32Array;

  private constructor(parts: Parts, numbers: ReadonlyMap<string, number>) {
    this.#parts = parts;
    this.#numbers = numbers;
    this.#sums = new Float32Array(parts.ids.length);
  }

  /**
   * Indexes passages, read once and in order.
   * @throws RankforgeError `duplicate-id`, `empty-corpus`
   */
  static async build(
    passages: Iterable<Passage> | AsyncIterable<Passage>,
    { analyser = createAnalyser('english'), k1 = defaultBm25.k1, b = defaultBm25.b }: Bm25IndexSettings = {},
    options: JobOptions = {},
  ): Promise<Bm25Index> {
    const builder = new PostingsBuilder();
    const numbers = await collectIds(passages, 'index', options, (passage) =>
      builder.add(analyser(passageText(passage))),
    );
    const settings = { analyser, k1, b };
    return new Bm25Index(
      { settings, ids: [...numbers.keys()], terms: builder.terms, ...builder.finish(settings) },
      numbers,
    );
  }

  /** Passages in the index. */
  get size(): number {
    return this.#parts.ids.length;
  }

  /** Passage ids in the order in which they were indexed. */
  get ids(): readonly string[] {
    return this.#parts.ids;
  }

  /**
   * The k passages that score highest, best first; only such as share a term with the query.
   * @param queryText any text; without a known term there are no results
   * @throws {RangeError} when `k` is negative
   */
  search(queryText: string, k: number): ScoredId[] {
    const { ids, postings } = this.#parts;
    const terms = this.#termNumbers(queryText);
    const touched = terms.reduce(
      (sum, term) => sum + postings.offsets[term + 1]! - postings.offsets[term]!,
      0,
    );
    // Before the first sum: a k that it refuses leaves none behind.
    const best = new TopK(Math.min(k, ids.length, touched));
    const sums = this.#sums;
    for (const term of terms) {
      const end = postings.offsets[term + 1]!;
      for (let i = postings.offsets[term]!; i < end; i++) sums[postings.passages[i]!]! += postings.scores[i]!;
    }
    if (touched < ids.length) {
      // Few postings: walk them again, and leave each sum at zero so that a passage counts once.
      for (const term of terms) {
        for (let i = postings.offsets[term]!; i < postings.offsets[term + 1]!; i++) {
          const passage = postings.passages[i]!;
          if (sums[passage]! > 0) best.add(passage, sums[passage]!);
          sums[passage] = 0;
        }
      }
    } else {
      // In order of passages, so one that equals the worst kept comes after it and is not wanted.
      let bar = 0;
      for (let passage = 0; passage < sums.length; passage++) {
        if (sums[passage]! > bar) {
          best.add(passage, sums[passage]!);
          bar = Math.max(0, best.threshold);
        }
      }
      sums.fill(0);
    }
    return best.sorted().map(({ index, score }) => ({ id: ids[index]!, score }));
  }

  /**
   * The score that `search` gives a passage: 0 when they share no term.
   * @throws RankforgeError `unknown-id`
   */
  score(queryText: string, passageId: string): number {
    return this.scores(queryText, [passageId])[0]!;
  }

  /** Scores of several passages, in order, as `score` gives them. @throws RankforgeError `unknown-id` */
  scores(queryText: string, passageIds: readonly string[]): number[] {
    const terms = this.#termNumbers(queryText);
    return passageIds.map((id) => {
      const passage = this.#numbers.get(id);
      if (passage === undefined) throw unknownPassage(id, 'BM25');
      // Rounded as `search` sums, in float32.
      return terms.reduce(
        (sum, term) => Math.fround(sum + postingScore(this.#parts.postings, term, passage)),
        0,
      );
    });
  }

  /** Document frequencies, count and mean length: what scoring a pair takes where there is no index. */
  statistics(): TermStatistics {
    const { terms, postings, ids, meanLength } = this.#parts;
    const documentFrequency = new Map<string, number>();
    for (const [term, t] of terms)
      documentFrequency.set(term, postings.offsets[t + 1]! - postings.offsets[t]!);
    return { documentCount: ids.length, meanLength, documentFrequency };
  }

  /** Writes the index into a folder. @throws RankforgeError `disk-full`, `no-permission` */
  async save(folder: string): Promise<void> {
    const { settings, ids, terms, postings, meanLength } = this.#parts;
    await writeBinaryFile(join(folder, fileName), kind, {
      settings: { analyser: settings.analyser.id, k1: settings.k1, b: settings.b, meanLength },
      sections: { ids: encodeTexts(ids), terms: encodeTexts([...terms.keys()]), ...postings },
    });
  }

  /**
   * Reads an index from a folder.
   * @param expected when given, the index must have been built with these settings
   * @throws RankforgeError `missing-file`; `bad-file` when it is damaged, or was built with other settings
   */
  static async load(folder: string, expected?: Bm25IndexSettings): Promise<Bm25Index> {
    const path = join(folder, fileName);
    const { settings: saved, sections } = await readBinaryFile(path, kind);
    const analyser = expected?.analyser ?? analyserOf(String(saved.analyser));
    if (!analyser) throw badFile(path, `this version has no analyser ${saved.analyser}`);
    const { k1 = defaultBm25.k1, b = defaultBm25.b } = expected ?? {
      k1: Number(saved.k1),
      b: Number(saved.b),
    };
    if (saved.analyser !== analyser.id || saved.k1 !== k1 || saved.b !== b) {
      throw badFile(path, `it was built with analyser ${saved.analyser}, k1 ${saved.k1} and b ${saved.b}`);
    }
    const ids = decodeTexts(sections.ids);
    // The file's kind was checked: its sections are typed by name alone, and these three are what this kind holds.
    const { offsets, passages, scores } = sections as unknown as Postings;
    return new Bm25Index(
      {
        settings: { analyser, k1, b },
        ids,
        terms: new Map(decodeTexts(sections.terms).map((term, number) => [term, number])),
        postings: { offsets, passages, scores },
        meanLength: Number(saved.meanLength),
      },
      new Map(ids.map((id, number) => [id, number])),
    );
  }

  /** Numbers of the query's terms that the index knows, repeats kept. */
  #termNumbers(queryText: string): number[] {
    const numbers: number[] = [];
    for (const term of this.#parts.settings.analyser(queryText)) {
      const number = this.#parts.terms.get(term);
      if (number !== undefined) numbers.push(number);
    }
    return numbers;
  }
}
