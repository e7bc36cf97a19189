import { z } from 'zod';
import type { ReadOptions } from '../../formats/bad-line.js';
import { readJsonLines } from '../../formats/json-lines.js';

/** One list as it was shown to somebody, and what they clicked. */
export interface ClickSession {
  readonly queryId: string;
  /** Passage ids, top first, each once. */
  readonly shown: readonly string[];
  /** Indexes into `shown`, each once; none where nothing was clicked, which tells something too. */
  readonly clicked: readonly number[];
}

const Session = z
  .strictObject({
    query: z.string().min(1),
    shown: z.array(z.string().min(1)).min(1),
    /** Ranks, from 1. */
    clicked: z.array(z.number().int().min(1)),
  })
  .superRefine(({ shown, clicked }, { addIssue }) => {
    const beyond = clicked.find((rank) => rank > shown.length);
    if (beyond !== undefined) addIssue(`the click is at rank ${beyond} and the list ends at ${shown.length}`);
    if (new Set(shown).size < shown.length) addIssue('a passage is shown twice');
    if (new Set(clicked).size < clicked.length) addIssue('a rank is clicked twice');
  });

/**
 * The sessions of a click log: JSONL of `{"query": "q1", "shown": ["p3", "p1", "p7"], "clicked": [2]}`, ranks from 1.
 * @throws RankforgeError as `readJsonLines`
 */
export async function readClickLog(path: string, options: ReadOptions = {}): Promise<ClickSession[]> {
  const sessions: ClickSession[] = [];
  for await (const { value } of readJsonLines(path, Session, options)) {
    const { query, shown, clicked } = value;
    sessions.push({ queryId: query, shown, clicked: clicked.map((rank) => rank - 1) });
  }
  return sessions;
}
