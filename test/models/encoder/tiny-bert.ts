import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomStream } from '../../../src/core/random.js';

export type TensorMap = Readonly<Record<string, { shape: readonly number[]; data: Float32Array }>>;

const tinyVocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'red', 'green', 'blue', 'cat', 'dog', '##s'];
const tinyShape = { hidden: 8, heads: 2, intermediate: 12, layers: 2, positions: 16, maxTokens: 12 };

/** Random weights of a two-layer BERT. */
export function tinyTensors(seed = 1): TensorMap {
  const { hidden, intermediate, layers, positions } = tinyShape;
  const tensors: Record<string, { shape: readonly number[]; data: Float32Array }> = {};
  const add = (name: string, ...shape: number[]): void => {
    const random = randomStream(seed, name);
    const size = shape.reduce((product, length) => product * length, 1);
    tensors[name] = { shape, data: Float32Array.from({ length: size }, () => random.normal() * 0.5) };
  };
  const pair = (name: string, outputs: number, inputs?: number): void => {
    add(`${name}.weight`, ...(inputs === undefined ? [outputs] : [outputs, inputs]));
    add(`${name}.bias`, outputs);
  };
  add('embeddings.word_embeddings.weight', tinyVocabulary.length, hidden);
  add('embeddings.position_embeddings.weight', positions, hidden);
  add('embeddings.token_type_embeddings.weight', 2, hidden);
  pair('embeddings.LayerNorm', hidden);
  for (let layer = 0; layer < layers; layer++) {
    const name = `encoder.layer.${layer}`;
    for (const kind of ['query', 'key', 'value']) pair(`${name}.attention.self.${kind}`, hidden, hidden);
    pair(`${name}.attention.output.dense`, hidden, hidden);
    pair(`${name}.attention.output.LayerNorm`, hidden);
    pair(`${name}.intermediate.dense`, intermediate, hidden);
    pair(`${name}.output.dense`, hidden, intermediate);
    pair(`${name}.output.LayerNorm`, hidden);
  }
  return tensors;
}

/** A safetensors file. */
export function encodeSafetensors(tensors: TensorMap): Buffer {
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  const parts = Object.values(tensors).map(({ data }) =>
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  );
  return Buffer.concat([size, json, ...parts]);
}

/** A folder with the whole model. */
export async function writeTinyBert(tensors: TensorMap = tinyTensors()): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tiny-bert-'));
  await writeFile(join(folder, 'model.safetensors'), encodeSafetensors(tensors));
  await writeFile(join(folder, 'config.json'), JSON.stringify({ num_attention_heads: tinyShape.heads }));
  await writeFile(
    join(folder, 'sentence_bert_config.json'),
    JSON.stringify({ max_seq_length: tinyShape.maxTokens }),
  );
  const special = (id: number) => ({ id, content: tinyVocabulary[id]!, special: true });
  await writeFile(
    join(folder, 'tokenizer.json'),
    JSON.stringify({
      added_tokens: [0, 1, 2, 3].map(special),
      normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase: true },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor: {
        type: 'TemplateProcessing',
        single: [
          { SpecialToken: { id: '[CLS]', type_id: 0 } },
          { Sequence: { id: 'A', type_id: 0 } },
          { SpecialToken: { id: '[SEP]', type_id: 0 } },
        ],
        pair: [],
        special_tokens: {
          '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
          '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
        },
      },
      decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
      model: {
        type: 'WordPiece',
        unk_token: '[UNK]',
        continuing_subword_prefix: '##',
        max_input_chars_per_word: 100,
        vocab: Object.fromEntries(tinyVocabulary.map((token, id) => [token, id])),
      },
    }),
  );
  return folder;
}

/** The same network written out in plain loops, one text at a time: what the graph is compared with. */
export function runTinyBert(tensors: TensorMap, ids: readonly number[]): number[] {
  const { hidden, heads, layers } = tinyShape;
  const get = (name: string): Float32Array => tensors[name]!.data;
  const dense = (x: number[], name: string): number[] => {
    const [weights, bias] = [get(`${name}.weight`), get(`${name}.bias`)];
    return Array.from(bias, (value, o) =>
      x.reduce((sum, v, i) => sum + v * weights[o * x.length + i]!, value),
    );
  };
  const norm = (x: number[], name: string): number[] => {
    const centre = x.reduce((sum, v) => sum + v, 0) / x.length;
    const deviation = Math.sqrt(x.reduce((sum, v) => sum + (v - centre) ** 2, 0) / x.length + 1e-12);
    return x.map((v, i) => ((v - centre) / deviation) * get(`${name}.weight`)[i]! + get(`${name}.bias`)[i]!);
  };
  const plus = (x: number[], y: number[]): number[] => x.map((v, i) => v + y[i]!);
  const row = (name: string, i: number): number[] => [...get(name).subarray(i * hidden, (i + 1) * hidden)];
  let xs = ids.map((id, i) =>
    norm(
      plus(
        plus(row('embeddings.word_embeddings.weight', id), row('embeddings.position_embeddings.weight', i)),
        row('embeddings.token_type_embeddings.weight', 0),
      ),
      'embeddings.LayerNorm',
    ),
  );
  const size = hidden / heads;
  for (let layer = 0; layer < layers; layer++) {
    const name = `encoder.layer.${layer}`;
    const [queries, keys, values] = ['query', 'key', 'value'].map((kind) =>
      xs.map((x) => dense(x, `${name}.attention.self.${kind}`)),
    );
    xs = xs.map((x, from) => {
      const context: number[] = [];
      for (let head = 0; head < heads; head++) {
        const part = (vector: number[]): number[] => vector.slice(head * size, (head + 1) * size);
        const scores = keys!.map((key) =>
          Math.exp(part(key).reduce((sum, v, i) => sum + v * part(queries![from]!)[i]!, 0) / Math.sqrt(size)),
        );
        const total = scores.reduce((sum, v) => sum + v, 0);
        for (let i = 0; i < size; i++) {
          context.push(values!.reduce((sum, value, j) => sum + (scores[j]! / total) * part(value)[i]!, 0));
        }
      }
      const middle = norm(
        plus(dense(context, `${name}.attention.output.dense`), x),
        `${name}.attention.output.LayerNorm`,
      );
      const wide = dense(middle, `${name}.intermediate.dense`).map(
        (v) => 0.5 * v * (1 + erf(v / Math.SQRT2)),
      );
      return norm(plus(dense(wide, `${name}.output.dense`), middle), `${name}.output.LayerNorm`);
    });
  }
  const sum = xs.reduce(plus);
  const length = Math.hypot(...sum);
  return sum.map((v) => v / length);
}

/** Abramowitz & Stegun 7.1.26, to 1.5e-7. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const poly =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - poly * Math.exp(-x * x));
}
