import type { Schedule } from '../neural/learning-rate.js';
import type { Feeds } from '../neural/network.js';
import type { Parameters } from '../neural/parameters.js';
import type { Tape, Value } from '../neural/tape.js';
import type { ReaderKind, TextReader } from './text-reader.js';

/** A network over texts, as its trainer sees it: a query and a passage make a row, and a row gets a score. */
export interface TextArchitecture<Row> {
  readonly kind: ReaderKind;
  /** Everything but the data that decides what training gives, as plain JSON: a checkpoint of other settings is refused. */
  readonly settings: unknown;
  readonly schedule: Schedule;
  /** The most epochs, where nobody says. */
  readonly epochs: number;
  /** Share that dropout takes. */
  readonly dropout: number;
  readonly weightDecay: number;
  /** Parameters left as they are. */
  readonly frozen: readonly string[];
  /** Whether the lists of a step go through the network together: small networks are quicker so, large ones take the memory. */
  readonly joinsLists: boolean;
  /** Scores, [batch]; new on each call. */
  build(options: { readonly dropout: boolean }): Value;
  /** First weights, new on each call. */
  start(tape: Tape): Parameters;
  read(query: string, passages: readonly string[]): Row[];
  /** Tokens of a row. */
  lengthOf(row: Row): number;
  feeds(rows: readonly Row[]): Feeds;
  /** What is shipped. */
  finish(parameters: Parameters): TextReader;
}
