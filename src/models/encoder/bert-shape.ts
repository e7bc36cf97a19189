import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fromFileError, RankforgeError } from '../../core/errors.js';
import type { Safetensors } from './safetensors.js';

/** The sizes of a BERT encoder. */
export interface BertShape {
  /** What stands before `embeddings.` in the tensors' names: nothing, or `bert.`. */
  readonly prefix: string;
  readonly vocabulary: number;
  readonly positions: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly layers: number;
  readonly heads: number;
  /** Added to the variance in layer norms. */
  readonly epsilon: number;
  /** Tokens of a text that are read, special ones included. */
  readonly maxTokens: number;
}

const Config = z.object({
  num_attention_heads: z.number().int().positive().optional(),
  layer_norm_eps: z.number().positive().optional(),
  hidden_act: z.string().optional(),
  pooling_mode_cls_token: z.boolean().optional(),
  pooling_mode_max_tokens: z.boolean().optional(),
});
const SentenceConfig = z.object({ max_seq_length: z.number().int().min(3).optional() });

// Some copies of the weights come without the model's own config.json. Sizes show in the tensors, but not the number
// of heads: these are the published BERT and MiniLM sizes.
const usualHeads: Readonly<Record<number, number>> = {
  128: 2,
  256: 4,
  312: 12,
  384: 12,
  512: 8,
  768: 12,
  1024: 16,
};

// sentence-transformers' setting for all-MiniLM-L6-v2, where the folder says nothing.
const defaultMaxTokens = 256;

/**
 * Reads the sizes from the tensors, and what they do not show from config.json and sentence_bert_config.json.
 * @throws RankforgeError `bad-weights`, `unsupported`
 */
export async function readBertShape(folder: string, weights: Safetensors): Promise<BertShape> {
  const config = await readJson(join(folder, 'config.json'), Config);
  const sentence = await readJson(join(folder, 'sentence_bert_config.json'), SentenceConfig);
  const prefix = weights.names.includes('bert.embeddings.word_embeddings.weight') ? 'bert.' : '';
  if (
    config.pooling_mode_cls_token ||
    config.pooling_mode_max_tokens ||
    (config.hidden_act ?? 'gelu') !== 'gelu'
  ) {
    throw new RankforgeError(
      'unsupported',
      'This encoder does not pool by the mean, or its activation is not GELU',
      {
        where: folder,
        hint: 'Use all-minilm-l6-v2 or another BERT encoder of its kind.',
      },
    );
  }
  const [vocabulary = 0, hidden = 0] = weights.tensor(`${prefix}embeddings.word_embeddings.weight`).shape;
  const [positions = 0] = weights.tensor(`${prefix}embeddings.position_embeddings.weight`).shape;
  const [intermediate = 0] = weights.tensor(`${prefix}encoder.layer.0.intermediate.dense.weight`).shape;
  const layers =
    1 + Math.max(...weights.names.map((name) => Number(/encoder\.layer\.(\d+)\./.exec(name)?.[1] ?? -1)));
  const heads = config.num_attention_heads ?? usualHeads[hidden];
  if (heads === undefined || hidden % heads !== 0) {
    throw new RankforgeError(
      'bad-weights',
      `The number of attention heads of this encoder (width ${hidden}) is not known`,
      {
        where: join(folder, 'config.json'),
        hint: "Put the model's own config.json, with num_attention_heads, beside its weights.",
      },
    );
  }
  return {
    prefix,
    vocabulary,
    positions,
    hidden,
    intermediate,
    layers,
    heads,
    epsilon: config.layer_norm_eps ?? 1e-12,
    maxTokens: Math.min(positions, sentence.max_seq_length ?? defaultMaxTokens),
  };
}

/** A JSON file's checked content; nothing where there is no such file. */
async function readJson<T extends z.ZodType<object>>(
  path: string,
  schema: T,
): Promise<z.infer<T> | Partial<z.infer<T>>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const typed = fromFileError(error, path);
    // Any other failure is told: a model with guessed settings gives wrong vectors.
    if (typed instanceof RankforgeError && typed.code === 'missing-file') return {};
    throw typed;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new RankforgeError('bad-weights', `${path} cannot be read as this model's settings`, {
      where: path,
      hint: 'Delete it and let it be downloaded again.',
      cause,
    });
  }
}
