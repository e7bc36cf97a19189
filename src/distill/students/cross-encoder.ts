import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fromFileError } from '../../core/errors.js';
import { parseWordPieces } from '../../models/encoder/word-pieces.js';
import type { SessionOptions } from '../../models/onnx/session.js';
import { type BertConfig, smallBert } from '../neural/bert/config.js';
import { crossEncoder } from '../neural/bert/cross-encoder.js';
import { loadBert } from '../neural/bert/load.js';
import type { Pooling } from '../neural/bert/pooling.js';
import { openRowScorer } from '../neural/bert/row-scorer.js';
import { bertFiles } from '../neural/bert/save-bert.js';
import { joinPair, padRows, type TokenRow } from '../neural/bert/token-rows.js';
import { exportNetwork } from '../neural/export-network.js';
import type { Schedule } from '../neural/learning-rate.js';
import { initialParameters, type Parameters } from '../neural/parameters.js';
import type { Tape } from '../neural/tape.js';
import { markMatches } from '../texts/mark-matches.js';
import { parseSettings, readerFile } from '../texts/reader-settings.js';
import type { TextArchitecture } from '../texts/text-architecture.js';
import type { TextReader, TextScorer } from '../texts/text-reader.js';
import { specialTokens, wordPieceTokenizer } from '../texts/word-piece-vocabulary.js';

interface SharedOptions {
  readonly seed: number;
  /** Of query and passage together, special ones included. */
  readonly maxTokens?: number;
  /**
   * Whether tokens that stand on both sides are marked as such. What reads marks cannot be read by sentence-transformers, which sets
   * none. @default true from scratch, false from an encoder
   */
  readonly markers?: boolean;
  /**
   * Of the file that is shipped. In `int8`, activations are scaled by the batch that they are in, so a pair's score depends a little on
   * the pairs beside it. @default 'int8'
   */
  readonly precision?: 'float32' | 'int8';
  /** The learning rate's peak. @default 1e-3 from scratch, 3e-5 from an encoder */
  readonly learningRate?: number;
}

export interface TinyCrossEncoderOptions extends SharedOptions {
  /** @default 2 */
  readonly layers?: number;
  /** A multiple of 32. @default 64 */
  readonly hidden?: number;
  /** Pieces of its own vocabulary. @default 4096 */
  readonly vocabulary?: number;
  readonly signal?: AbortSignal;
}

export interface FineTuneOptions extends SharedOptions {
  /** What `resolveWeights('all-minilm-l6-v2')` gives. */
  readonly weights: {
    readonly id: string;
    readonly sha256?: string;
    readonly folder: string;
    readonly files?: Readonly<Record<string, string>>;
  };
}

const Settings = z.strictObject({
  kind: z.literal('cross-encoder'),
  maxTokens: z.number().int().positive(),
  markers: z.boolean(),
  precision: z.enum(['float32', 'int8']),
  /** Tokens that are never marked. */
  special: z.array(z.number().int()).readonly(),
});
type Settings = z.infer<typeof Settings>;

const files = { settings: 'reader.json', onnx: 'reader.onnx', tokenizer: 'tokenizer.json' } as const;
/** The folder that sentence-transformers' `CrossEncoder` opens. */
const transformers = 'transformers';

/** A small cross-encoder from scratch, with a vocabulary made of the training texts and exact matches marked. */
export function tinyCrossEncoder(
  texts: Iterable<string>,
  options: TinyCrossEncoderOptions,
): TextArchitecture<TokenRow> {
  const { layers = 2, hidden = 64, vocabulary = 4096, maxTokens = 128, markers = true, seed } = options;
  const tokenizer = wordPieceTokenizer(texts, { size: vocabulary, signal: options.signal });
  const size = Object.keys(JSON.parse(tokenizer).model.vocab).length;
  const config = smallBert({
    vocabulary: size,
    layers,
    hidden,
    positions: maxTokens,
    tokenTypes: markers ? 4 : 2,
  });
  return architecture({
    config,
    // Marks are all over the text, and a mean finds them at once; the first token would have to learn where to look.
    pooling: 'mean',
    tokenizer,
    start: (tape) => initialParameters(tape, seed),
    schedule: { peak: options.learningRate ?? 1e-3, warmUp: 20, decay: 'linear' },
    epochs: 12,
    frozen: [],
    about: { seed },
    settings: {
      kind: 'cross-encoder',
      maxTokens,
      markers,
      precision: options.precision ?? 'int8',
      special: [...Object.values(specialTokens)],
    },
  });
}

/**
 * A cross-encoder that starts from an encoder's weights, such as MiniLM's. Without marks its folder has a copy that
 * sentence-transformers opens, in float32.
 * @throws RankforgeError `missing-file`, `bad-weights`, `unsupported`
 */
export async function fineTunedCrossEncoder(options: FineTuneOptions): Promise<TextArchitecture<TokenRow>> {
  const { weights, markers = false, seed } = options;
  const bert = await loadBert(weights);
  const path = weights.files?.['tokenizer.json'] ?? join(weights.folder, 'tokenizer.json');
  let tokenizer: string;
  try {
    tokenizer = await readFile(path, 'utf8');
  } catch (error) {
    throw fromFileError(error, path);
  }
  const special = parseWordPieces(tokenizer, 8, path)('');
  const maxTokens = Math.min(options.maxTokens ?? 256, bert.config.positions);
  return architecture({
    config: { ...bert.config, tokenTypes: markers ? 4 : bert.config.tokenTypes },
    pooling: 'cls',
    tokenizer,
    start: (tape) => bert.parameters(tape, seed),
    schedule: { peak: options.learningRate ?? 3e-5, warmUp: 20, decay: 'linear' },
    epochs: 4,
    // A few hundred queries see few of its words, and those alone would move.
    frozen: ['bert.embeddings.word_embeddings.weight'],
    about: { seed, weights: weights.sha256 ?? weights.id },
    settings: { kind: 'cross-encoder', maxTokens, markers, precision: options.precision ?? 'int8', special },
  });
}

interface Parts {
  readonly config: BertConfig;
  readonly pooling: Pooling;
  readonly tokenizer: string;
  readonly start: (tape: Tape) => Parameters;
  readonly schedule: Schedule;
  readonly epochs: number;
  readonly frozen: readonly string[];
  /** What else decides the result. */
  readonly about: Readonly<Record<string, unknown>>;
  readonly settings: Settings;
}

function architecture(parts: Parts): TextArchitecture<TokenRow> {
  const { config, pooling, tokenizer, settings, schedule, frozen } = parts;
  const read = rowReader(tokenizer, settings);
  return {
    kind: 'cross-encoder',
    settings: { config, pooling, schedule, frozen, tokenizer, ...settings, ...parts.about },
    schedule,
    epochs: parts.epochs,
    dropout: 0.1,
    weightDecay: 0.01,
    frozen,
    joinsLists: false,
    build: ({ dropout }) => crossEncoder(config, { pooling, dropout }),
    start: parts.start,
    read,
    lengthOf: ({ ids }) => ids.length,
    feeds: padRows,
    finish: (parameters) => {
      const onnx = exportNetwork(crossEncoder(config, { pooling }), parameters, {
        precision: settings.precision,
        description: 'Scores a query and a passage that are read together; higher is better',
        metadata: { kind: 'cross-encoder', maxTokens: String(settings.maxTokens) },
      });
      const own: [string, Uint8Array][] = [
        [files.settings, Buffer.from(`${JSON.stringify(settings)}\n`)],
        [files.tokenizer, Buffer.from(tokenizer)],
        [files.onnx, onnx],
      ];
      if (settings.markers || pooling !== 'cls') return { kind: 'cross-encoder', files: new Map(own) };
      const copies = [...bertFiles(config, parameters, settings)].map(
        ([name, content]): [string, Uint8Array] => [
          `${transformers}/${name}`,
          typeof content === 'string' ? Buffer.from(content) : Buffer.concat(content),
        ],
      );
      const copy: [string, Uint8Array] = [`${transformers}/tokenizer.json`, Buffer.from(tokenizer)];
      return { kind: 'cross-encoder', files: new Map([...own, ...copies, copy]) };
    },
  };
}

/** Query and passages as sequences. */
function rowReader(
  tokenizer: string,
  { maxTokens, markers, special }: Settings,
): (query: string, passages: readonly string[]) => TokenRow[] {
  const encode = parseWordPieces(tokenizer, maxTokens, files.tokenizer);
  const unmarked = new Set(special);
  return (query, passages) => {
    const first = encode(query);
    return passages.map((passage) => {
      const row = joinPair(first, encode(passage), maxTokens);
      return markers ? markMatches(row, { unmarked }) : row;
    });
  };
}

/**
 * Opens what a cross-encoder is shipped as.
 * @throws RankforgeError `missing-package` without onnxruntime-node, `bad-file`, `bad-weights`
 */
export async function openCrossEncoder(reader: TextReader, options?: SessionOptions): Promise<TextScorer> {
  const settings = parseSettings(files.settings, reader, Settings);
  const read = rowReader(new TextDecoder().decode(readerFile(reader, files.tokenizer)), settings);
  const scorer = await openRowScorer(readerFile(reader, files.onnx), options);
  return {
    async score(query, passages, { signal } = {}) {
      signal?.throwIfAborted();
      const outputs = await scorer.run(read(query, passages), { signal });
      return Float64Array.from(outputs, ([score]) => score!);
    },
    [Symbol.asyncDispose]: () => scorer[Symbol.asyncDispose](),
  };
}
