import { addUsage, noUsage, type Usage } from '../../core/usage.js';

/** Adds up what went through a door. */
export interface Meter {
  readonly total: Usage;
  add(usage: Usage): void;
}

/** A meter at zero; give the same one to several doors to know what a whole job took. */
export function createMeter(): Meter {
  let total = noUsage;
  return {
    get total() {
      return total;
    },
    add: (usage) => {
      total = addUsage(total, usage);
    },
  };
}
