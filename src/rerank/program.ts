/** Indexes of the items that one comparison sees, in the order they are shown. Items are numbered by first-stage order, from 0. */
export type Group = readonly number[];

/** What one comparison said of its group. */
export interface Outcome {
  /** The group's items, best first: a permutation of the group. */
  readonly order: readonly number[];
  /** Scores aligned with the group as it was shown, where the comparator has them. Higher is better. */
  readonly scores?: readonly number[];
  /** The comparison failed and the group keeps its order: it says nothing of the items. */
  readonly failed?: true;
}

/** Runs a program to its end: yields rounds of groups that may run in parallel, receives one outcome a group, returns the final order of all n items. */
export type ProgramRun = Generator<readonly Group[], FinalOrder, readonly Outcome[]>;

export interface FinalOrder {
  /** All n items, best first. */
  readonly order: readonly number[];
  /** Scores by item (length n), where every item got a comparable one. */
  readonly scores?: readonly number[];
}

/**
 * What to compare, and nothing of how: no prompts, tokens or promises.
 * @param n items, 0 or more. With 0 or 1 items a program yields nothing, except `pointwise`, which still scores one.
 */
export interface Program {
  (n: number): ProgramRun;
  /**
   * The most that n items can take, whatever the outcomes. @default what a dry run takes: the number of its groups and
   * their sizes hang on n alone
   */
  readonly most?: (n: number) => ProgramBound;
}

/** What no run of a program passes. */
export interface ProgramBound {
  readonly comparisons: number;
  readonly rounds: number;
  /** Items of one comparison. */
  readonly group: number;
}

/** A program whose groups hang on outcomes, with the most that 2 items and more can take; fewer are not compared. */
export const bounded = (run: (n: number) => ProgramRun, most: (n: number) => ProgramBound): Program =>
  Object.assign((n: number) => run(n), {
    most: (n: number) => (n < 2 ? { comparisons: 0, rounds: 0, group: 0 } : most(n)),
  });
