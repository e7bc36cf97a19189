import { dataTypes } from '../../../models/onnx/proto.js';
import { gelu } from '../operations/activations.js';
import { add, scale, subtract } from '../operations/arithmetic.js';
import { dropout, dropoutInput } from '../operations/dropout.js';
import { gatherRows } from '../operations/gather-rows.js';
import { layerNorm } from '../operations/layer-norm.js';
import { reshape, slice, transpose } from '../operations/layout.js';
import { linear } from '../operations/linear.js';
import { attention } from '../operations/softmax.js';
import type { Tape, Value } from '../tape.js';
import type { BertConfig } from './config.js';
import { firstStates, meanStates, type Pooling } from './pooling.js';

export interface EncoderOptions {
  /** Whether the graph trains with dropout, whose rate is given when it runs. @default false */
  readonly dropout?: boolean;
}

/**
 * A BERT encoder with inputs `ids`, `types` and `mask`, int64 [batch, length], and one vector a text. Parameters have the
 * names and layouts of PyTorch's `BertModel` after `prefix`. Where the first token's state alone is wanted, the last layer
 * works out no other, which spares most of that layer.
 * @returns [batch, hidden]
 * @see Devlin et al. 2019, arXiv:1810.04805
 */
export function bertEncoder(
  tape: Tape,
  config: BertConfig,
  prefix: string,
  { pooling, dropout = false }: EncoderOptions & { readonly pooling: Pooling },
): Value {
  return new EncoderBuilder(tape, config, prefix, dropout).encode(pooling);
}

class EncoderBuilder {
  constructor(
    private readonly tape: Tape,
    private readonly config: BertConfig,
    private readonly prefix: string,
    private readonly drops: boolean,
  ) {}

  encode(pooling: Pooling): Value {
    const { tape, config } = this;
    const sides = ['batch', 'length'];
    const mask = tape.node(
      'Cast',
      [tape.input('mask', 'int64', sides)],
      { to: dataTypes.float32 },
      { shape: sides },
    );
    // 0 for tokens and a large negative number for padding, over [batch, heads, from, to].
    const bias = reshape(scale(subtract(mask, tape.scalar(1)), 1e9), ['batch', 1, 1, 'length']);
    let states = this.embeddings();
    for (let layer = 0; layer < config.layers; layer++) {
      const wanted = pooling === 'cls' && layer === config.layers - 1 ? firstStates(states) : states;
      states = this.layer(wanted, states, bias, `encoder.layer.${layer}`);
    }
    return pooling === 'cls' ? states : meanStates(states, mask);
  }

  private embeddings(): Value {
    const { tape, config } = this;
    const { hidden, vocabulary, positions, tokenTypes } = config;
    const table = (kind: string, rows: number): Value =>
      this.parameter(`embeddings.${kind}_embeddings.weight`, [rows, hidden]);
    const lookUp = (kind: string, rows: number, input: string): Value =>
      gatherRows(table(kind, rows), tape.input(input, 'int64', ['batch', 'length']));
    const words = lookUp('word', vocabulary, 'ids');
    const types = lookUp('token_type', tokenTypes, 'types');
    const places = slice(table('position', positions), 0, 0, 'length');
    const rows = reshape(add(add(words, types), places), ['batch*length', hidden]);
    return this.dropped(this.norm(rows, 'embeddings.LayerNorm'), 'embeddings');
  }

  /** @param x the tokens whose next states are wanted  @param all the tokens that they look at */
  private layer(x: Value, all: Value, bias: Value, name: string): Value {
    const { hidden, intermediate } = this.config;
    const attended = this.attention(x, all, bias, `${name}.attention.self`);
    const mixed = this.dense(attended, `${name}.attention.output.dense`, hidden, hidden);
    const middle = this.norm(
      add(this.dropped(mixed, `${name}.attention.output`), x),
      `${name}.attention.output.LayerNorm`,
    );
    const wide = gelu(this.dense(middle, `${name}.intermediate.dense`, hidden, intermediate));
    const narrow = this.dense(wide, `${name}.output.dense`, intermediate, hidden);
    return this.norm(add(this.dropped(narrow, `${name}.output`), middle), `${name}.output.LayerNorm`);
  }

  private attention(x: Value, all: Value, bias: Value, name: string): Value {
    const { tape, drops } = this;
    const { hidden, heads } = this.config;
    const from = x === all ? 'length' : 1;
    const split = (tokens: Value, kind: string, length: 'length' | 1): Value => {
      const rows = this.dense(tokens, `${name}.${kind}`, hidden, hidden);
      return transpose(reshape(rows, ['batch', length, heads, hidden / heads]), [0, 2, 1, 3]);
    };
    const keep = drops ? dropoutInput(tape, name, ['batch', heads, from, 'length']) : undefined;
    const [key, value] = [split(all, 'key', 'length'), split(all, 'value', 'length')];
    const context = attention(split(x, 'query', from), key, value, bias, keep);
    return reshape(transpose(context, [0, 2, 1, 3]), x.shape);
  }

  private dense(x: Value, name: string, inputs: number, outputs: number): Value {
    return linear(
      x,
      this.parameter(`${name}.weight`, [outputs, inputs]),
      this.parameter(`${name}.bias`, [outputs]),
    );
  }

  private norm(x: Value, name: string): Value {
    const { hidden, epsilon } = this.config;
    const gain = this.parameter(`${name}.weight`, [hidden]);
    return layerNorm(x, gain, this.parameter(`${name}.bias`, [hidden]), epsilon);
  }

  private dropped(x: Value, name: string): Value {
    return this.drops ? dropout(x, name) : x;
  }

  private parameter(name: string, shape: readonly number[]): Value {
    return this.tape.parameter(`${this.prefix}${name}`, shape);
  }
}
