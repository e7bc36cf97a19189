import { dirname, join } from 'node:path';
import { readBertShape } from '../../../models/encoder/bert-shape.js';
import { Safetensors } from '../../../models/encoder/safetensors.js';
import { initialParameter, type Parameter, type Parameters } from '../parameters.js';
import { elements } from '../shape.js';
import type { Tape } from '../tape.js';
import type { BertConfig } from './config.js';

const typeName = 'embeddings.token_type_embeddings.weight';

/** Weights of an encoder that was trained before. */
export interface PretrainedBert {
  readonly config: BertConfig;
  /** Tokens of a text that it was trained to read. */
  readonly maxTokens: number;
  /**
   * Parameters of a network around this encoder: those that the file has, under any prefix, and first weights for others,
   * such as a head's. Token types that the file does not have begin as copies of those that it has, in turn.
   * @throws RankforgeError `bad-weights` for a tensor of another shape
   */
  parameters(tape: Tape, seed: number): Parameters;
}

/**
 * Reads model.safetensors and its settings.
 * @param weights what `resolveWeights('all-minilm-l6-v2')` gives
 * @throws RankforgeError `missing-file`, `bad-weights`, `unsupported`
 */
export async function loadBert(weights: {
  readonly folder: string;
  readonly files?: Readonly<Record<string, string>>;
}): Promise<PretrainedBert> {
  const pathOf = (name: string): string => weights.files?.[name] ?? join(weights.folder, name);
  const tensors = await Safetensors.open(pathOf('model.safetensors'));
  const { prefix, maxTokens, ...sizes } = await readBertShape(dirname(pathOf('config.json')), tensors);
  const typeTable = tensors.tensor(`${prefix}${typeName}`);
  const names = new Set(tensors.names);
  return {
    config: { ...sizes, tokenTypes: typeTable.shape[0]! },
    maxTokens,
    parameters: (tape, seed) => {
      const read = (name: string, shape: readonly number[]): Parameter => {
        const bare = name.replace(/^bert\./, '');
        const known = [name, `${prefix}${bare}`].find((each) => names.has(each));
        if (known === undefined) return initialParameter(name, shape, seed);
        if (bare !== typeName) return { shape, data: tensors.tensor(known, shape).data.slice() };
        const data = Float32Array.from(
          { length: elements(shape) },
          (_, i) => typeTable.data[i % typeTable.data.length]!,
        );
        return { shape, data };
      };
      return new Map(
        [...tape.parameters].map(([name, { shape }]) => [name, read(name, shape as readonly number[])]),
      );
    },
  };
}
