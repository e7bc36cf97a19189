import { differentiate } from './differentiate.js';
import { type EmittedGraph, emitGraph } from './emit-graph.js';
import type { Value } from './tape.js';

/** How a parameter's gradient leaves the backward graph. */
type GradientOutput =
  | { readonly kind: 'whole'; readonly name: string }
  /** Gradients of the rows that were looked up, one for each id of an input: a table is not written out for a few rows. */
  | { readonly kind: 'rows'; readonly name: string; readonly ids: string; readonly rows: Value };

/** A computation cut in two, so that a loss outside the graphs can stand between them. */
export interface Passes {
  readonly output: Value;
  readonly forward: EmittedGraph;
  readonly backward: EmittedGraph;
  /** What the forward graph leaves for the backward one, by its name there; the latter takes it as `savedName`. */
  readonly saved: ReadonlyMap<string, Value>;
  /** By parameter. */
  readonly gradients: ReadonlyMap<string, GradientOutput>;
}

/** The forward graph's output, and the backward graph's input that takes the loss's gradient with respect to it. */
export const outputName = 'output';
export const gradientName = 'output_gradient';

/** The backward graph's input for what the forward graph gives as `name`: nodes of both count their names from 0. */
export const savedName = (name: string): string => `forward_${name}`;

/** Emits a computation's forward and backward graphs. @param trained names of parameters that get gradients */
export function planPasses(output: Value, trained: readonly string[]): Passes {
  const { tape } = output;
  const end = tape.length;
  const seed = tape.input(gradientName, 'float32', output.shape);
  const wanted = trained.map((name) => tape.parameters.get(name)!);
  const values = differentiate(output, seed, wanted);

  const outputs = new Map<string, Value>();
  const gradients = new Map<string, GradientOutput>();
  for (const [i, parameter] of trained.entries()) {
    const name = `${parameter}_gradient`;
    const rows = looksUpRows(values[i]!);
    gradients.set(parameter, rows ? { kind: 'rows', name, ...rows } : { kind: 'whole', name });
    outputs.set(name, rows?.rows ?? values[i]!);
  }
  const kept = valuesToSave(outputs.values(), end);
  const forward = emitGraph('forward', { outputs: new Map([[outputName, output]]), exposed: kept });
  const given = new Map([...forward.exposed].map(([value, name]) => [value, savedName(name)]));
  const backward = emitGraph('backward', { outputs, given });
  return {
    output,
    forward,
    backward,
    saved: new Map([...forward.exposed].map(([value, name]) => [name, value])),
    gradients,
  };
}

/** Whether a gradient only adds rows to zeros, at ids that an input gives. */
function looksUpRows({ source }: Value): { readonly ids: string; readonly rows: Value } | undefined {
  if (source.kind !== 'node' || source.node.operator !== 'ScatterND') return undefined;
  const [zeros, places, rows] = source.node.inputs;
  if (zeros!.source.kind !== 'node' || zeros!.source.node.operator !== 'ConstantOfShape') return undefined;
  const ids = places!.source.kind === 'node' ? places!.source.node.inputs[0]! : places!;
  return ids.source.kind === 'input' ? { ids: ids.source.name, rows: rows! } : undefined;
}

/** Values of the forward pass that the way back reads, unless they are quickly had again from others. */
function valuesToSave(outputs: Iterable<Value>, end: number): Value[] {
  const saved = new Set<Value>();
  const seen = new Set<Value>();
  const stack = [...outputs];
  while (stack.length > 0) {
    const value = stack.pop()!;
    if (seen.has(value) || value.source.kind !== 'node') continue;
    seen.add(value);
    const { operator, inputs } = value.source.node;
    // Another shape of the same memory, and sizes, which are integers.
    const cheap = operator === 'Reshape' || operator === 'Cast' || value.type !== 'float32';
    if (value.id < end && !cheap) saved.add(value);
    else for (const input of inputs) if (input) stack.push(input);
  }
  return [...saved].sort((a, b) => a.id - b.id);
}
