import type { Program } from '../program.js';

export interface ProgramOptions {
  /** How many ranks are of interest: at least these are as good as the program can make them. @default its usual depth of work */
  readonly top?: number;
  /** Names the streams that the random choices of a program draw from. @default 0 */
  readonly seed?: number;
}

/** A program by name, as `parseProgram` finds it. */
export interface ProgramEntry {
  /** How it is written, for help and errors. */
  readonly form: string;
  readonly summary: string;
  /** The numbers after the colon at most. */
  readonly numbers: number;
  /** The words that may stand after the numbers, where there are any. */
  readonly words?: readonly string[];
  /** @throws RankforgeError `usage` for numbers out of range */
  create(numbers: readonly number[], options: ProgramOptions, word?: string): Program;
}
