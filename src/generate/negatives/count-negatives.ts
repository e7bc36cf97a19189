import type { Funnel } from '../funnel.js';
import type { MinedNegatives } from './mine-negatives.js';

/** Counts one query's negatives under `negatives`. */
export function countNegatives({ passages, rejected, notes }: MinedNegatives, funnel: Funnel): void {
  for (const reason of rejected) funnel.reject('negatives', reason);
  for (const { kind, origin } of passages) {
    funnel.accept('negatives');
    funnel.note('negatives', kind);
    if (kind !== 'random') funnel.note('negatives', origin);
  }
  for (const note of notes) funnel.note('negatives', note);
}
