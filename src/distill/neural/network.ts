import { RankforgeError } from '../../core/errors.js';
import { randomStream } from '../../core/random.js';
import type { OnnxInput, OnnxOutput, OnnxSession } from '../../models/onnx/session.js';
import { openOnnxSession } from '../../models/onnx/session.js';
import type { GradientSum } from './gradient-sum.js';
import { fillDropoutMask, isDropoutInput } from './operations/dropout.js';
import type { Parameters } from './parameters.js';
import { gradientName, outputName, type Passes, planPasses, savedName } from './passes.js';
import { bindSizes, elements, evaluateShape } from './shape.js';
import type { Value } from './tape.js';

export interface NetworkOptions {
  /** Parameters that are left as they are. @default none */
  readonly frozen?: readonly string[];
  /** Threads of one pass. @default the machine's cores, at most 8 */
  readonly threads?: number;
}

export interface ForwardOptions {
  /** Masks for the inputs that `dropoutInput` declared. @default every element is kept */
  readonly dropout?: {
    /** At least 0 and below 1. */
    readonly rate: number;
    readonly seed: number;
    /** What names the masks' random streams beside the input: the step, the batch. */
    readonly names: readonly (string | number)[];
  };
}

/** Inputs of one pass by name, without the parameters and dropout's masks. */
export type Feeds = Readonly<Record<string, OnnxInput>>;

/** What one batch gave, and the way back from it. */
export interface Forward {
  readonly output: OnnxOutput;
  /**
   * Adds the parameters' gradients to `into`. Once, and before the network's next `forward`, which reuses the memory.
   * @param gradient dL/d output, of the output's length
   */
  backward(gradient: Float32Array, into: GradientSum): Promise<void>;
}

/**
 * A computation that trains: its forward graph gives scores, a loss in TypeScript gives the scores' gradient, and its
 * backward graph gives the parameters' gradients. Parameters are inputs of both, so new weights need no new session.
 */
export class Network implements AsyncDisposable {
  readonly #passes: Passes;
  readonly #forward: OnnxSession;
  readonly #backward: OnnxSession;
  readonly #buffers = new Map<string, Float32Array>();
  #pass = 0;

  private constructor(passes: Passes, forward: OnnxSession, backward: OnnxSession) {
    this.#passes = passes;
    this.#forward = forward;
    this.#backward = backward;
  }

  /**
   * @param output of a tape that no other network was opened on
   * @throws RankforgeError `missing-package` without onnxruntime-node, `usage` where the output does not depend on a
   * parameter
   */
  static async open(output: Value, { frozen = [], threads }: NetworkOptions = {}): Promise<Network> {
    const trained = [...output.tape.parameters.keys()].filter((name) => !frozen.includes(name));
    const passes = planPasses(output, trained);
    const forward = await openOnnxSession(passes.forward.graph.toBytes(), { threads });
    const backward = await openOnnxSession(passes.backward.graph.toBytes(), { threads });
    return new Network(passes, forward, backward);
  }

  /** Names of the parameters that get gradients. */
  get trained(): readonly string[] {
    return [...this.#passes.gradients.keys()];
  }

  /** @throws RankforgeError `usage` for inputs that are missing or whose shapes do not fit each other */
  async forward(parameters: Parameters, given: Feeds, { dropout }: ForwardOptions = {}): Promise<Forward> {
    const { forward, saved } = this.#passes;
    const sizes = new Map<string, number>();
    for (const [name, { source, shape }] of forward.inputs) {
      if (source.kind !== 'input' || isDropoutInput(name)) continue;
      bindSizes(name, shape, give(name, given).shape, sizes);
    }
    const feeds: Record<string, OnnxInput> = { ...given };
    for (const [name, { shape }] of forward.inputs) {
      if (!isDropoutInput(name)) continue;
      const mask = this.#buffer(name, evaluateShape(shape, sizes));
      const { rate = 0, seed = 0, names = [] } = dropout ?? {};
      fillDropoutMask(mask.data, rate, randomStream(seed, 'dropout', name, ...names));
      feeds[name] = mask;
    }
    const into: Record<string, OnnxOutput> = {};
    for (const [name, value] of saved) into[name] = this.#buffer(name, evaluateShape(value.shape, sizes));
    const outputShape = evaluateShape(this.#passes.output.shape, sizes);
    // Scores stay with the caller, so they are not written to memory that is used again.
    into[outputName] = { data: new Float32Array(elements(outputShape)), shape: outputShape };
    await this.#forward.run(pick(forward.inputs, parameters, feeds), into);
    const pass = ++this.#pass;
    const output = into[outputName]!;
    return {
      output,
      backward: async (gradient, sum) => {
        if (pass !== this.#pass) throw spent();
        this.#pass++;
        const known: Record<string, OnnxInput> = {
          ...feeds,
          [gradientName]: { data: gradient, shape: outputShape },
        };
        for (const name of saved.keys()) known[savedName(name)] = into[name]!;
        await this.#runBackward(parameters, known, sizes, sum);
      },
    };
  }

  async #runBackward(
    parameters: Parameters,
    feeds: Feeds,
    sizes: ReadonlyMap<string, number>,
    sum: GradientSum,
  ): Promise<void> {
    const { backward, gradients } = this.#passes;
    const into: Record<string, OnnxOutput> = {};
    const whole: [parameter: string, gradient: OnnxOutput][] = [];
    for (const [parameter, out] of gradients) {
      if (out.kind === 'rows') {
        into[out.name] = this.#buffer(out.name, evaluateShape(out.rows.shape, sizes));
        continue;
      }
      const { shape } = parameters.get(parameter)!;
      const free = sum.claim(parameter);
      into[out.name] = free ? { data: free, shape } : this.#buffer(out.name, shape);
      if (!free) whole.push([parameter, into[out.name]!]);
    }
    await this.#backward.run(pick(backward.inputs, parameters, feeds), into);
    for (const [parameter, { data }] of whole) sum.add(parameter, data);
    for (const [parameter, out] of gradients) {
      if (out.kind !== 'rows') continue;
      sum.addRows(parameter, feeds[out.ids]!.data as BigInt64Array, into[out.name]!.data);
    }
  }

  /** Memory that is kept from pass to pass, for a tensor that lives no longer than one. */
  #buffer(name: string, shape: readonly number[]): OnnxOutput {
    const size = elements(shape);
    let buffer = this.#buffers.get(name);
    if (!buffer || buffer.length < size) {
      buffer = new Float32Array(size);
      this.#buffers.set(name, buffer);
    }
    return { data: buffer.subarray(0, size), shape };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#forward[Symbol.asyncDispose]();
    await this.#backward[Symbol.asyncDispose]();
  }
}

/** What a graph takes, of what there is. */
const pick = (inputs: ReadonlyMap<string, Value>, parameters: Parameters, feeds: Feeds): Feeds =>
  Object.fromEntries([...inputs.keys()].map((name) => [name, parameters.get(name) ?? give(name, feeds)]));

function give(name: string, feeds: Feeds): OnnxInput {
  const value = feeds[name];
  if (value) return value;
  throw new RankforgeError('usage', `The input ${name} is missing`, {
    where: name,
    hint: 'Give each input of the network by its name.',
  });
}

const spent = (): RankforgeError =>
  new RankforgeError(
    'usage',
    'The way back from this batch is gone: it was taken, or another batch came after',
    {
      hint: 'Call backward once, before the next forward.',
    },
  );
