import { describe, expect, test } from 'vitest';
import { OnnxGraph } from '../../../src/models/onnx/graph.js';
import { openOnnxSession } from '../../../src/models/onnx/session.js';

/** Runs a one-output graph in the real ONNX Runtime. */
async function run(
  graph: OnnxGraph,
  inputs: Parameters<Awaited<ReturnType<typeof openOnnxSession>>['run']>[0],
) {
  await using session = await openOnnxSession(graph.toBytes(), { threads: 1 });
  return (await session.run(inputs)).y!;
}

describe('a graph that ONNX Runtime loads', () => {
  test('a two-layer scorer gives what the same sums by hand give, for any batch size', async () => {
    const graph = new OnnxGraph('scorer');
    const x = graph.input('x', 'float32', ['batch', 2]);
    const hidden = graph.node('Relu', [
      graph.linear(x, Float32Array.of(1, -1, 2, 0, 1, 3), Float32Array.of(0, 0.5, -1), [2, 3]),
    ]);
    const score = graph.node('Sigmoid', [
      graph.linear(hidden, Float32Array.of(1, 2, -1), Float32Array.of(0.25), [3, 1]),
    ]);
    graph.output('y', score, 'float32', ['batch', 1]);
    const rows = [
      [1, 2],
      [-3, 0.5],
      [0, 0],
    ];
    const expected = rows.map(([a, b]) => {
      const h = [a!, -a! + b! + 0.5, 2 * a! + 3 * b! - 1].map((value) => Math.max(0, value));
      return 1 / (1 + Math.exp(-(h[0]! + 2 * h[1]! - h[2]! + 0.25)));
    });
    const y = await run(graph, { x: { data: Float32Array.from(rows.flat()), shape: [3, 2] } });
    expect(y.shape).toEqual([3, 1]);
    expect([...y.data].map((value) => value.toFixed(5))).toEqual(expected.map((value) => value.toFixed(5)));
  });

  test('attributes of every kind reach the operator', async () => {
    const graph = new OnnxGraph('attributes');
    const x = graph.input('x', 'float32', [2, 2]);
    const gemm = graph.node('Gemm', [x, graph.constant(Float32Array.of(1, 2, 3, 4), [2, 2])], {
      alpha: 0.5,
      transB: 1,
    });
    const turned = graph.node('Transpose', [gemm], { perm: [1, 0] });
    graph.output('y', graph.node('Gelu', [turned], { approximate: 'none' }), 'float32', [2, 2]);
    const y = await run(graph, { x: { data: Float32Array.of(1, 0, 0, 1), shape: [2, 2] } });
    // 0.5 · I · Wᵀ = [[.5, 1.5], [1, 2]], turned; then x · Φ(x).
    expect([...y.data].map((value) => value.toFixed(4))).toEqual(['0.3457', '0.8413', '1.3998', '1.9545']);
  });

  test('an optional input left out, and int64 lists', async () => {
    const graph = new OnnxGraph('clip');
    const x = graph.input('x', 'float32', ['n']);
    const clipped = graph.node('Clip', [x, null, graph.scalar(1)]);
    graph.output('y', graph.node('ReduceSum', [clipped, graph.integers(0)], { keepdims: 0 }), 'float32', []);
    expect([...(await run(graph, { x: { data: Float32Array.of(-2, 0.5, 9), shape: [3] } })).data]).toEqual([
      -0.5,
    ]);
  });

  test('a view into a larger buffer is stored alone', () => {
    const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
    const graph = new OnnxGraph('view');
    graph.constant(data, [2]);
    expect(graph.toBytes().length).toBeLessThan(80);
  });
});

describe('mistakes', () => {
  test('a constant of the wrong shape', () => {
    expect(() => new OnnxGraph('g').constant(Float32Array.of(1, 2, 3), [2, 2])).toThrow(
      expect.objectContaining({ code: 'usage' }),
    );
  });

  test('two values of one name', () => {
    const graph = new OnnxGraph('g');
    graph.input('x', 'float32', [1]);
    expect(() => graph.input('x', 'float32', [1])).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  test('bytes that are no graph, and inputs that do not fit', async () => {
    await expect(openOnnxSession(Uint8Array.of(1, 2, 3))).rejects.toMatchObject({ code: 'bad-weights' });
    const graph = new OnnxGraph('g');
    graph.output('y', graph.input('x', 'float32', ['n', 2]), 'float32', ['n', 2]);
    await expect(run(graph, { x: { data: Float32Array.of(1, 2, 3), shape: [1, 3] } })).rejects.toMatchObject({
      code: 'bad-weights',
    });
  });
});
