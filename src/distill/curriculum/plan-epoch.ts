import { easyFirst } from './easy-first.js';
import { focalShares } from './focal-shares.js';
import { progressiveShares } from './progressive-shares.js';

export const curriculumNames = ['easy-first', 'progressive', 'focal'] as const;
export type CurriculumName = (typeof curriculumNames)[number];

/** What a step knows of a list that it has just scored. */
interface Scored {
  readonly scores: Float64Array;
  readonly targets: { readonly grades: Float64Array };
}

export interface EpochPlan {
  /** Indexes of the lists to see. */
  readonly lists: readonly number[];
  /** How much each list of a step counts: `batch` its indexes, `scored` as the student scores them now. */
  readonly shares: (batch: readonly number[], scored: readonly Scored[]) => readonly number[];
}

/**
 * Which lists an epoch sees and how much each counts.
 * @param hardness of each list, 0 to 1  @param progress 0 at the first epoch to 1 at the last
 */
export function planEpoch(
  curriculum: CurriculumName | undefined,
  hardness: readonly number[],
  progress: number,
): EpochPlan {
  const all = [...hardness.keys()];
  const alike: EpochPlan['shares'] = (batch) => batch.map(() => 1);
  switch (curriculum) {
    case 'easy-first':
      return { lists: easyFirst(hardness, progress), shares: alike };
    case 'progressive': {
      const shares = progressiveShares(hardness, progress);
      return { lists: all, shares: (batch) => batch.map((list) => shares[list]!) };
    }
    case 'focal':
      return {
        lists: all,
        shares: (_, scored) =>
          focalShares(scored.map(({ scores, targets }) => ({ s: scores, t: targets.grades }))),
      };
    default:
      return { lists: all, shares: alike };
  }
}
