import type { Random } from '../../core/random.js';

// Several wordings, so that nothing is learned of one phrase. Each pair says the same thing and its reverse.
const frames: readonly (readonly [string, string])[] = [
  ['Only {} are relevant.', 'Anything on the subject is relevant, but not {}.'],
  ['Relevant: {}, and nothing else.', 'Relevant: whatever answers the query, except {}.'],
  ['I am looking for {}.', 'I am not looking for {}.'],
  ['A result counts only if it belongs to {}.', 'A result that belongs to {} does not count.'],
];

/** An instruction, and one under which exactly what it asked for is out. */
export interface InstructionPair {
  readonly instruction: string;
  readonly reversed: string;
}

/**
 * An instruction and its reverse from one condition, for instance "give the year": written by rule, since small models negate badly.
 * The frames are English.
 * @see Weller et al. 2024 (FollowIR, arXiv:2403.15246)
 */
export function makeInstructions(condition: string, random: Random): InstructionPair {
  const [instruction, reversed] = frames[random.int(frames.length)]!;
  // As a function: a condition may hold "$&".
  const put = (frame: string): string => frame.replace('{}', () => `passages that ${condition}`);
  return { instruction: put(instruction), reversed: put(reversed) };
}
