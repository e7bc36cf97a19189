import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromFileError } from '../../../core/errors.js';
import { atomicWrite } from '../../../formats/atomic-write.js';
import { encodeSafetensors } from '../../../models/encoder/encode-safetensors.js';
import type { Parameters } from '../parameters.js';
import type { BertConfig } from './config.js';

export interface SaveBertOptions {
  /** The tokenizer.json that the texts were read with, copied beside the weights. */
  readonly tokenizer: string;
  /** Tokens of a sequence that are read, special ones included. */
  readonly maxTokens: number;
}

/**
 * Writes a folder that `loadBert` reads, and transformers and sentence-transformers too: a cross-encoder as
 * `BertForSequenceClassification` with one label, or an encoder as `BertModel`.
 * @throws RankforgeError `missing-file` for the tokenizer, `disk-full`, `no-permission`
 */
export async function saveBert(
  folder: string,
  config: BertConfig,
  parameters: Parameters,
  { tokenizer, maxTokens }: SaveBertOptions,
): Promise<void> {
  try {
    await atomicWrite(join(folder, 'tokenizer.json'), await readFile(tokenizer));
  } catch (error) {
    throw fromFileError(error, tokenizer);
  }
  for (const [name, content] of bertFiles(config, parameters, { maxTokens }))
    await atomicWrite(join(folder, name), content);
}

/** The files of such a folder by name, without the tokenizer. */
export function bertFiles(
  config: BertConfig,
  parameters: Parameters,
  { maxTokens }: Pick<SaveBertOptions, 'maxTokens'>,
): Map<string, string | Uint8Array[]> {
  const isClassifier = parameters.has('classifier.weight');
  const settings = {
    architectures: [isClassifier ? 'BertForSequenceClassification' : 'BertModel'],
    model_type: 'bert',
    hidden_act: 'gelu',
    vocab_size: config.vocabulary,
    max_position_embeddings: config.positions,
    type_vocab_size: config.tokenTypes,
    hidden_size: config.hidden,
    intermediate_size: config.intermediate,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    layer_norm_eps: config.epsilon,
    pad_token_id: 0,
    ...(isClassifier && { id2label: { 0: 'relevance' }, label2id: { relevance: 0 } }),
  };
  const json = (value: object): string => `${JSON.stringify(value, undefined, 2)}\n`;
  return new Map<string, string | Uint8Array[]>([
    ['config.json', json(settings)],
    ['sentence_bert_config.json', json({ max_seq_length: maxTokens })],
    [
      'tokenizer_config.json',
      json({ tokenizer_class: 'BertTokenizer', do_lower_case: true, model_max_length: maxTokens }),
    ],
    ['model.safetensors', encodeSafetensors(parameters, { format: 'pt' })],
  ]);
}
