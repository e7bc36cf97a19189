import { randomStream } from '../../core/random.js';
import { dot } from '../../core/vectors.js';
import type { EmbeddingModel } from '../../models/embedding-model.js';
import { createAnalyser } from '../../retrieval/analyser.js';
import { exportNetwork } from '../neural/export-network.js';
import type { Feeds } from '../neural/network.js';
import { add, divide, multiply, scale, subtract } from '../neural/operations/arithmetic.js';
import { gatherRows } from '../neural/operations/gather-rows.js';
import { reshape } from '../neural/operations/layout.js';
import { matMul, swapLast } from '../neural/operations/linear.js';
import { reduceSum } from '../neural/operations/reduce.js';
import { reduceMax } from '../neural/operations/reduce-max.js';
import { unitLength } from '../neural/operations/unit-length.js';
import type { Parameter, Parameters } from '../neural/parameters.js';
import { quantiseRows } from '../neural/quantise.js';
import { Tape, type Value } from '../neural/tape.js';
import { projectOnAxes } from '../texts/principal-axes.js';
import {
  type Bag,
  bagReader,
  countTerms,
  type TermVocabulary,
  vocabularySize,
} from '../texts/term-vocabulary.js';
import type { TextArchitecture } from '../texts/text-architecture.js';
import type { TextReader } from '../texts/text-reader.js';
import { type Interaction, type StaticSettings, staticFiles } from './open-static.js';

export interface StaticOptions {
  /** Numbers of a term's vector. @default 64 */
  readonly width?: number;
  /** Terms with a vector of their own, the most frequent ones. @default 8192 */
  readonly terms?: number;
  /** Vectors that all other terms share. @default 1024 */
  readonly buckets?: number;
  /** Terms of a text that are read. @default 256 */
  readonly maxTokens?: number;
  /** @default 'bag' */
  readonly interaction?: Interaction;
  /** Gives the terms' first vectors. @default random ones: nearly orthogonal, so that training starts from exact matches */
  readonly encoder?: Pick<EmbeddingModel, 'id' | 'embed'>;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/** A query and a passage, the query's terms first. */
interface StaticRow {
  readonly query: Bag;
  readonly passage: Bag;
}

const tableName = 'terms.weight';

/**
 * A bag of term vectors: no network runs when it scores, only sums. The vocabulary is made of the training texts; a term's first
 * vector is as long as its idf.
 * @see Tulkens & van Dongen 2024, "Model2Vec", doi:10.5281/zenodo.17270888; late interaction: Khattab & Zaharia 2020, arXiv:2004.12832
 */
export async function staticArchitecture(
  texts: Iterable<string>,
  options: StaticOptions,
): Promise<TextArchitecture<StaticRow>> {
  const { width = 64, terms = 8192, buckets = 1024, maxTokens = 256, interaction = 'bag', encoder } = options;
  const { seed, signal } = options;
  const analyser = createAnalyser('english');
  const counted = countTerms(texts, analyser);
  const kept = [...counted.frequencies].slice(0, terms);
  const vocabulary: TermVocabulary = {
    analyser: analyser.id,
    terms: kept.map(([term]) => term),
    buckets,
    maxTokens,
  };
  const rare = Math.log(1 + counted.texts);
  const lengths = [0, ...kept.map(([, n]) => Math.log(1 + counted.texts / n))];
  const meanings = encoder && (await embedTerms(encoder, vocabulary, counted.words, { width, seed, signal }));
  const table = firstTable(vocabularySize(vocabulary), width, seed, (row) => ({
    length: lengths[row] ?? rare,
    direction: meanings?.[row - 1],
  }));
  const read = bagReader(vocabulary);
  return {
    kind: 'static',
    settings: { interaction, width, vocabulary, encoder: encoder?.id, seed },
    schedule: { peak: 0.01, warmUp: 0, decay: 'linear' },
    epochs: 12,
    dropout: 0,
    weightDecay: 0.01,
    frozen: [],
    joinsLists: true,
    build: () => build(vocabularySize(vocabulary), width, interaction),
    start: () =>
      new Map<string, Parameter>([
        [tableName, { shape: [vocabularySize(vocabulary), width], data: table.slice() }],
        // The range of the labels' logits, about −4 to 4.
        ['factor', { shape: [1], data: Float32Array.of(8) }],
        ['offset', { shape: [1], data: Float32Array.of(0) }],
      ]),
    read: (query, passages) => {
      const bag = read(query);
      return passages.map((passage) => ({ query: bag, passage: read(passage) }));
    },
    lengthOf: ({ query, passage }) => query.ids.length + passage.ids.length,
    feeds: (rows) => padBags(rows, interaction),
    finish: (parameters) => finish(parameters, { interaction, width, vocabulary }),
  };
}

/** Scores, [batch], of inputs `ids`, int64, `query_weights` and `passage_weights`, [batch, length]: a token is of one of the two. */
function build(rows: number, width: number, interaction: Interaction): Value {
  const tape = new Tape();
  const sides = ['batch', 'length'];
  const vectors = gatherRows(tape.parameter(tableName, [rows, width]), tape.input('ids', 'int64', sides));
  const ofQuery = tape.input('query_weights', 'float32', sides);
  const ofPassage = tape.input('passage_weights', 'float32', sides);
  const similarity =
    interaction === 'bag'
      ? cosineOfSums(vectors, ofQuery, ofPassage, width)
      : meanOfBest(vectors, ofQuery, ofPassage);
  return add(multiply(similarity, tape.parameter('factor', [1])), tape.parameter('offset', [1]));
}

function cosineOfSums(vectors: Value, ofQuery: Value, ofPassage: Value, width: number): Value {
  const sum = (weights: Value): Value =>
    unitLength(
      reshape(reduceSum(multiply(vectors, reshape(weights, ['batch', 'length', 1])), [1]), ['batch', width]),
    );
  return reduceSum(multiply(sum(ofQuery), sum(ofPassage)), [1]);
}

/** Σ wᵢ max_j cos(qᵢ, pⱼ) / Σ wᵢ, where wᵢ is the length of the query term's vector. */
function meanOfBest(vectors: Value, ofQuery: Value, ofPassage: Value): Value {
  const { tape } = vectors;
  const directions = unitLength(vectors);
  const cosines = matMul(directions, swapLast(directions));
  const elsewhere = scale(subtract(ofPassage, tape.scalar(1)), 1e4);
  const best = reduceMax(add(cosines, reshape(elsewhere, ['batch', 1, 'length'])));
  const lengths = reduceSum(multiply(vectors, directions), [2], { keep: true });
  const weights = multiply(lengths, reshape(ofQuery, ['batch', 'length', 1]));
  return divide(reduceSum(multiply(best, weights), [1, 2]), reduceSum(weights, [1, 2]));
}

function padBags(rows: readonly StaticRow[], interaction: Interaction): Feeds {
  const length = Math.max(...rows.map(({ query, passage }) => query.ids.length + passage.ids.length));
  const shape = [rows.length, length];
  const ids = new BigInt64Array(rows.length * length);
  const weights = [new Float32Array(ids.length), new Float32Array(ids.length)] as const;
  for (const [row, { query, passage }] of rows.entries()) {
    let at = row * length;
    for (const [side, bag] of [query, passage].entries()) {
      for (const [i, id] of bag.ids.entries()) {
        ids[at] = BigInt(id);
        // Late interaction asks which terms there are, and not how often.
        weights[side as 0 | 1][at++] = interaction === 'late' ? 1 : bag.weights[i]!;
      }
    }
  }
  return {
    ids: { data: ids, shape },
    query_weights: { data: weights[0], shape },
    passage_weights: { data: weights[1], shape },
  };
}

/** Row 0, a text without terms, has the length 1. */
function firstTable(
  rows: number,
  width: number,
  seed: number,
  rowOf: (row: number) => { readonly length: number; readonly direction?: ArrayLike<number> },
): Float32Array {
  const table = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const random = randomStream(seed, 'term', row);
    const { length, direction } = rowOf(row);
    const vector = direction ?? Float64Array.from({ length: width }, () => random.normal());
    const norm = Math.sqrt(dot(vector, vector)) || 1;
    for (let i = 0; i < width; i++) table[row * width + i] = ((length || 1) * vector[i]!) / norm;
  }
  return table;
}

/** What an encoder makes of each term alone, on fewer axes. */
async function embedTerms(
  encoder: Pick<EmbeddingModel, 'embed'>,
  { terms }: TermVocabulary,
  words: ReadonlyMap<string, string>,
  { width, seed, signal }: { readonly width: number; readonly seed: number; readonly signal?: AbortSignal },
): Promise<readonly ArrayLike<number>[] | undefined> {
  const vectors = await encoder.embed(
    terms.map((term) => words.get(term)!),
    { signal },
  );
  if (vectors.length < 2) return undefined;
  return vectors[0]!.length > width ? projectOnAxes(vectors, width, seed) : undefined;
}

function finish(
  parameters: Parameters,
  shape: { readonly interaction: Interaction; readonly width: number; readonly vocabulary: TermVocabulary },
): TextReader {
  const rows = vocabularySize(shape.vocabulary);
  const { values, scales } = quantiseRows(parameters.get(tableName)!.data, rows);
  const settings: StaticSettings = {
    kind: 'static',
    ...shape,
    factor: parameters.get('factor')!.data[0]!,
    offset: parameters.get('offset')!.data[0]!,
    table: Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64'),
    scales: [...scales],
  };
  const onnx = exportNetwork(build(rows, shape.width, shape.interaction), parameters, {
    precision: 'int8',
    description: 'Scores passages of one query from bags of term vectors; higher is better',
    metadata: { kind: 'static', interaction: shape.interaction },
  });
  return {
    kind: 'static',
    files: new Map([
      [staticFiles.settings, Buffer.from(`${JSON.stringify(settings)}\n`)],
      [staticFiles.onnx, onnx],
    ]),
  };
}
