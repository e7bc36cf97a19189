import { z } from 'zod';
import { createTurns } from '../../core/turns.js';
import { dot } from '../../core/vectors.js';
import { damagedReader, parseSettings } from '../texts/reader-settings.js';
import { type Bag, bagReader, TermVocabulary, vocabularySize } from '../texts/term-vocabulary.js';
import type { TextReader, TextScorer } from '../texts/text-reader.js';

/** How two bags of vectors are compared: the cosine of their sums, or the mean over the query's terms of the best match. */
const interactions = ['bag', 'late'] as const;
export type Interaction = (typeof interactions)[number];

const StaticSettings = z.strictObject({
  kind: z.literal('static'),
  interaction: z.enum(interactions),
  width: z.number().int().positive(),
  vocabulary: TermVocabulary,
  /** Of all cosines: score = factor · similarity + offset. */
  factor: z.number(),
  offset: z.number(),
  /** int8, row by row, in base64; value = integer · scale of its row. */
  table: z.string(),
  scales: z.array(z.number()).readonly(),
});

export type StaticSettings = z.infer<typeof StaticSettings>;

export const staticFiles = { settings: 'reader.json', onnx: 'reader.onnx' } as const;

/**
 * Opens a static student's table: no native module is loaded.
 * @throws RankforgeError `bad-file` for a damaged one
 */
export function openStatic(reader: TextReader): TextScorer {
  const settings = parseSettings(staticFiles.settings, reader, StaticSettings);
  const { width, vocabulary, interaction, factor, offset, scales } = settings;
  const bytes = Buffer.from(settings.table, 'base64');
  const rows = vocabularySize(vocabulary);
  if (bytes.length !== rows * width || scales.length !== rows) {
    throw damagedReader(staticFiles.settings, `its table has ${bytes.length} numbers, not ${rows * width}`);
  }
  const table = Float32Array.from(
    new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length),
    (value, i) => value * scales[Math.floor(i / width)]!,
  );
  const read = bagReader(vocabulary);
  const similarityTo =
    interaction === 'bag' ? bagSimilarity(table, width, read) : lateSimilarity(table, width, read);
  return {
    async score(query, passages, { signal } = {}) {
      const turn = createTurns(signal);
      const similarity = similarityTo(read(query));
      const scores = new Float64Array(passages.length);
      for (const [i, passage] of passages.entries()) {
        if (i % 16 === 0) await turn();
        scores[i] = factor * similarity(passage) + offset;
      }
      return scores;
    },
    async [Symbol.asyncDispose]() {},
  };
}

// Vectors of passages that were scored before: candidates of one query are often those of another.
const memoSize = 20_000;

function bagSimilarity(
  table: Float32Array,
  width: number,
  read: (text: string) => Bag,
): (query: Bag) => (passage: string) => number {
  const direction = ({ ids, weights }: Bag): Float32Array => {
    const sum = new Float64Array(width);
    // Two at a time: writing the sum back is what takes longest.
    for (let t = 0; t < ids.length; t += 2) {
      const first = ids[t]! * width;
      const weight = weights[t]!;
      const isPair = t + 1 < ids.length;
      const second = isPair ? ids[t + 1]! * width : first;
      const other = isPair ? weights[t + 1]! : 0;
      for (let i = 0; i < width; i++) sum[i]! += weight * table[first + i]! + other * table[second + i]!;
    }
    const length = Math.sqrt(dot(sum, sum)) || 1;
    const unit = new Float32Array(width);
    for (let i = 0; i < width; i++) unit[i] = sum[i]! / length;
    return unit;
  };
  const memo = new Map<string, Float32Array>();
  return (query) => {
    const q = direction(query);
    return (passage) => {
      let p = memo.get(passage);
      if (!p) {
        p = direction(read(passage));
        if (memo.size >= memoSize) memo.clear();
        memo.set(passage, p);
      }
      let sum = 0;
      for (let i = 0; i < width; i++) sum += q[i]! * p[i]!;
      return sum;
    };
  };
}

function lateSimilarity(
  table: Float32Array,
  width: number,
  read: (text: string) => Bag,
): (query: Bag) => (passage: string) => number {
  const rows = table.length / width;
  const lengths = Float32Array.from({ length: rows }, (_, row) => {
    const vector = table.subarray(row * width, (row + 1) * width);
    return Math.sqrt(dot(vector, vector));
  });
  const directions = table.map((value, i) => value / (lengths[Math.floor(i / width)]! || 1));
  return ({ ids: query }) => {
    const total = query.reduce((all, id) => all + lengths[id]!, 0);
    return (passage) => {
      const { ids } = read(passage);
      let sum = 0;
      for (const id of query) {
        let best = -1;
        for (const other of ids) {
          let cosine = 0;
          for (let i = 0; i < width; i++)
            cosine += directions[id * width + i]! * directions[other * width + i]!;
          if (cosine > best) best = cosine;
        }
        sum += lengths[id]! * best;
      }
      return total > 0 ? sum / total : 0;
    };
  };
}
