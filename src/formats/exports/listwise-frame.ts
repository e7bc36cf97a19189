import type { Passage } from '../../core/passage.js';
import type { Query } from '../../core/query.js';

/** How a model is asked to rank some passages, and how it is to answer. */
export interface ListwiseFrame {
  /** For so many passages, 2 to 26. */
  readonly labels: (count: number) => readonly string[];
  /** @param thinking whether the reply begins with reasons */
  readonly messages: (
    query: Query,
    passages: readonly Passage[],
    thinking: boolean,
  ) => readonly { readonly role: 'system' | 'user'; readonly content: string }[];
  /** The reply, best passage first. */
  readonly reply: (labels: readonly string[], thinking?: string) => string;
}
