import type { NextTokenReply } from '../../models/language-model.js';

type LabelReply = Pick<NextTokenReply, 'logProbabilities' | 'mass'>;

/** P(yes) / (P(yes) + P(no)); undefined where the labels hold less than `leastMass`. A label that a server did not show is less probable than all that it showed, and counts as 0. */
export function yesShare({ logProbabilities, mass }: LabelReply, leastMass: number): number | undefined {
  const [yes, no] = logProbabilities;
  if (mass < leastMass || yes === undefined || no === undefined || (yes === null && no === null))
    return undefined;
  if (yes === null) return 0;
  if (no === null) return 1;
  return 1 / (1 + Math.exp(no - yes));
}

/** Each grade's share of what the shown labels hold; undefined where that is less than `leastMass`. The labels come in the order of the grades. */
export function gradeShares({ logProbabilities, mass }: LabelReply, leastMass: number): number[] | undefined {
  if (mass < leastMass) return undefined;
  const weights = logProbabilities.map((value) => (value === null ? 0 : Math.exp(value)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return sum > 0 ? weights.map((weight) => weight / sum) : undefined;
}

/** The mean grade under its shares, 0 to 3. */
export const expectedGrade = (shares: readonly number[]): number =>
  shares.reduce((total, share, grade) => total + share * grade, 0);
