import { RankforgeError } from '../../core/errors.js';
import { add } from './operations/arithmetic.js';
import type { Value } from './tape.js';

/**
 * Records the gradients of `output` on its tape: reverse-mode differentiation, each value visited once, latest first.
 * @param seed the gradient of the loss with respect to `output`, of its shape
 * @param wanted values that `output` depends on, usually the parameters
 * @returns one gradient for each wanted value, of its shape
 * @throws RankforgeError `usage` where `output` does not depend on a wanted value
 * @see Griewank & Walther 2008, Evaluating Derivatives, chapter 3
 */
export function differentiate(output: Value, seed: Value, wanted: readonly Value[]): Value[] {
  const depends = valuesBetween(output, wanted);
  const gradients = new Map<Value, Value>([[output, seed]]);
  for (const value of [...depends].sort((a, b) => b.id - a.id)) {
    const gradient = gradients.get(value);
    if (!gradient || !value.rule) continue;
    for (const [i, part] of value.rule(gradient).entries()) {
      const operand = value.operands[i]!;
      if (!part || !depends.has(operand)) continue;
      const known = gradients.get(operand);
      gradients.set(operand, known ? add(known, part) : part);
    }
  }
  return wanted.map((value) => {
    const gradient = gradients.get(value);
    if (gradient) return gradient;
    const name = value.source.kind === 'parameter' ? value.source.name : `value ${value.id}`;
    throw new RankforgeError('usage', `The output does not depend on ${name}`, {
      where: name,
      hint: 'Leave it out of what is trained.',
    });
  });
}

/** Values on a way from one of `wanted` to `output`, both ends included. */
function valuesBetween(output: Value, wanted: readonly Value[]): Set<Value> {
  const reached = new Set<Value>();
  const found = new Set<Value>(wanted);
  const order: Value[] = [];
  const stack = [output];
  while (stack.length > 0) {
    const value = stack.pop()!;
    if (reached.has(value)) continue;
    reached.add(value);
    order.push(value);
    stack.push(...value.operands);
  }
  // Operands first, so one pass tells which depend on a wanted value.
  for (const value of order.sort((a, b) => a.id - b.id)) {
    if (value.operands.some((operand) => found.has(operand))) found.add(value);
  }
  return new Set([...found].filter((value) => reached.has(value)));
}
