import { availableParallelism } from 'node:os';
import type { InferenceSession, Tensor, TypedTensor } from 'onnxruntime-node';
import { RankforgeError } from '../../core/errors.js';

export interface SessionOptions {
  /** Threads of one run. @default the machine's cores, at most 8 */
  readonly threads?: number;
}

export interface OnnxOutput {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

export type OnnxInput = {
  readonly data: Float32Array | BigInt64Array | Int32Array;
  readonly shape: readonly number[];
};

/** A loaded ONNX graph. */
export interface OnnxSession extends AsyncDisposable {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /**
   * Runs the graph. Every output asked for must be float32.
   * @param into where outputs are written, by name and of their exact shape; then these alone are computed. Others are
   * allocated anew in each run.
   * @throws RankforgeError `bad-weights` when the graph does not fit the inputs
   */
  run(
    inputs: Readonly<Record<string, OnnxInput>>,
    into?: Readonly<Record<string, OnnxOutput>>,
  ): Promise<Record<string, OnnxOutput>>;
}

/**
 * Loads an ONNX file, by path or bytes, into ONNX Runtime on the CPU.
 * @throws RankforgeError `missing-package` without onnxruntime-node, `bad-weights` when the graph does not load
 */
export async function openOnnxSession(
  model: string | Uint8Array,
  options: SessionOptions = {},
): Promise<OnnxSession> {
  const runtime = await loadRuntime();
  const settings: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    intraOpNumThreads: options.threads ?? Math.min(8, availableParallelism()),
    interOpNumThreads: 1,
    // Batches differ in length, and a pattern is kept for each shape seen: memory would grow with every new one.
    enableMemPattern: false,
    logSeverityLevel: 3,
    // Idle threads must sleep: a spinning pool takes the cores from llama.cpp and from the other stages.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
  const session = await wrap('does not load', model, () =>
    // One overload a type: TypeScript does not try them with a union.
    typeof model === 'string'
      ? runtime.InferenceSession.create(model, settings)
      : runtime.InferenceSession.create(model, settings),
  );
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    async run(inputs, into) {
      const feeds = toTensors(runtime.Tensor, inputs);
      const fetches = into && toTensors(runtime.Tensor, into);
      const results = await wrap('does not run', model, () =>
        fetches ? session.run(feeds, fetches) : session.run(feeds),
      );
      return Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => [
          name,
          { data: (tensor as TypedTensor<'float32'>).data, shape: tensor.dims },
        ]),
      );
    },
    async [Symbol.asyncDispose]() {
      await session.release();
    },
  };
}

const toTensors = (
  TensorClass: typeof Tensor,
  values: Readonly<Record<string, OnnxInput>>,
): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(values).map(([name, { data, shape }]) => [name, toTensor(TensorClass, data, shape)]),
  );

function toTensor(TensorClass: typeof Tensor, data: OnnxInput['data'], shape: readonly number[]): Tensor {
  if (data instanceof Float32Array) return new TensorClass('float32', data, shape);
  if (data instanceof Int32Array) return new TensorClass('int32', data, shape);
  return new TensorClass('int64', data, shape);
}

async function loadRuntime(): Promise<typeof import('onnxruntime-node')> {
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    throw new RankforgeError('missing-package', 'ONNX Runtime is not installed', {
      where: 'onnxruntime-node',
      hint: 'Run: npm install onnxruntime-node (ONNXRUNTIME_NODE_INSTALL=skip before it, where only a package registry is reached)',
      cause,
    });
  }
}

async function wrap<T>(what: string, model: string | Uint8Array, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new RankforgeError('bad-weights', `The ONNX graph ${what}: ${message}`, {
      where: typeof model === 'string' ? model : undefined,
      hint: 'Check the shapes of its inputs, or make the file again.',
      cause,
    });
  }
}
