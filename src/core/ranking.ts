import type { Provenance } from './provenance.js';
import type { Usage } from './usage.js';
import type { Warning } from './warning.js';

export interface RankedItem {
  readonly id: string;
  /** From 1. */
  readonly rank: number;
  /** Any real; higher is better; comparable inside one ranking only. */
  readonly score: number;
  /** P(relevant), only where it was calibrated on judged data. */
  readonly probability?: number;
}

/** The answer to one query: ids best first, and what it took to get them. */
export interface Ranking {
  readonly queryId: string;
  readonly items: readonly RankedItem[];
  /** Ranks that were compared, where not all were: those below keep the order they came in, and their scores say no more than that. */
  readonly depth?: number;
  readonly usage: Usage & { readonly rounds: number };
  readonly warnings: readonly Warning[];
  readonly provenance?: Provenance;
}
