import { dataTypes } from '../../models/onnx/proto.js';
import type { Rewrite } from './emit-graph.js';
import type { TapeNode } from './tape.js';

// 7 bits: processors without VNNI add two products in 16 bits, which overflow with 8, and scores must not depend on that.
const largest = 63;

/**
 * Writes dense layers and looked-up tables with int8 weights: each output and each row has its own scale, and a layer's
 * input is quantised when it runs. What remains is float32.
 * @see Jacob et al. 2018, arXiv:1712.05877
 */
export function quantise(weights: (name: string) => Float32Array): Rewrite {
  // One input goes into several layers: queries, keys and values.
  const quantised = new Map<object, ReturnType<Parameters<Rewrite>[0]['nodes']>>();
  return (graph, node, use) => {
    const table = tableOf(node);
    if (!table) return undefined;
    const { values, scales } = quantiseRows(weights(table.name), table.rows);
    const width = values.length / table.rows;
    if (node.operator === 'Gather') {
      const ids = use(node.inputs[1]!);
      const rows = graph.node('Gather', [graph.constant(values, [table.rows, width]), ids], { axis: 0 });
      const scale = graph.node('Gather', [graph.constant(scales, [table.rows, 1]), ids], { axis: 0 });
      return graph.node('Mul', [graph.node('Cast', [rows], { to: dataTypes.float32 }), scale]);
    }
    const input = use(node.inputs[0]!);
    const parts = quantised.get(input) ?? graph.nodes('DynamicQuantizeLinear', [input], {}, 3);
    quantised.set(input, parts);
    const [bytes, inputScale, zero] = parts;
    const columns = graph.constant(turn(values, table.rows, width), [width, table.rows]);
    const sums = graph.node('MatMulInteger', [bytes!, columns, zero!]);
    const scale = graph.node('Mul', [inputScale!, graph.constant(scales, [table.rows])]);
    const product = graph.node('Mul', [graph.node('Cast', [sums], { to: dataTypes.float32 }), scale]);
    const bias = node.inputs[2];
    return bias ? graph.node('Add', [product, use(bias)]) : product;
  };
}

/** The matrix of a layer or a table, [out, in] or [rows, width]. */
function tableOf({
  operator,
  inputs,
}: TapeNode): { readonly name: string; readonly rows: number } | undefined {
  const table = operator === 'Gemm' ? inputs[1] : operator === 'Gather' ? inputs[0] : undefined;
  if (table?.source.kind !== 'parameter') return undefined;
  return { name: table.source.name, rows: table.shape[0] as number };
}

/** value ≈ integer × scale of its row, integers from −63 to 63. */
export function quantiseRows(data: Float32Array, rows: number): { values: Int8Array; scales: Float32Array } {
  const width = data.length / rows;
  const values = new Int8Array(data.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let greatest = 0;
    for (let i = row * width; i < (row + 1) * width; i++) greatest = Math.max(greatest, Math.abs(data[i]!));
    scales[row] = greatest / largest;
    if (greatest === 0) continue;
    for (let i = row * width; i < (row + 1) * width; i++) values[i] = Math.round(data[i]! / scales[row]!);
  }
  return { values, scales };
}

/** [rows, width] as [width, rows]. */
function turn(values: Int8Array, rows: number, width: number): Int8Array {
  const turned = new Int8Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < width; i++) turned[i * rows + row] = values[row * width + i]!;
  }
  return turned;
}
