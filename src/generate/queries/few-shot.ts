import { z } from 'zod';
import { RankforgeError } from '../../core/errors.js';
import { type Passage, passageText } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import { randomStream, shuffle } from '../../core/random.js';
import type { Qrels } from '../../core/run.js';
import type { ReadOptions } from '../../formats/bad-line.js';
import { readJsonLines } from '../../formats/json-lines.js';
import { contaminationCheck } from '../hygiene/contamination.js';
import { type QueryTypeName, queryTypes } from './query-types.js';

/** A query of the user's, and a passage that answers it: shown to the model as a pattern. */
export interface QueryExample {
  readonly query: string;
  readonly passage: string;
  /** Shown for this type alone. @default any type */
  readonly type?: QueryTypeName;
}

const QueryExampleLine: z.ZodType<QueryExample> = z.strictObject({
  query: z.string().trim().min(1).max(1000),
  passage: z.string().trim().min(1).max(100_000),
  type: z.enum(Object.keys(queryTypes) as [QueryTypeName, ...QueryTypeName[]]).optional(),
});

/** Examples from JSONL: `query`, `passage` and, where it matters, `type`. @throws RankforgeError `missing-file`, `bad-line`, `too-little-data` */
export async function readQueryExamples(path: string, options: ReadOptions = {}): Promise<QueryExample[]> {
  const examples: QueryExample[] = [];
  for await (const { value } of readJsonLines(path, QueryExampleLine, options)) examples.push(value);
  if (examples.length > 0) return examples;
  throw new RankforgeError('too-little-data', `${path} holds no example queries`, {
    where: path,
    hint: 'Give one JSON object a line: {"query": "…", "passage": "…"}; three to eight are enough.',
  });
}

export interface JudgedExamples {
  readonly queries: ReadonlyMap<string, Query>;
  readonly passages: ReadonlyMap<string, Passage>;
  readonly qrels: Qrels;
}

/** Examples from judged data, for instance of a training split: each query with its best passage, grades below 1 left out. */
export function judgedQueryExamples({ queries, passages, qrels }: JudgedExamples): QueryExample[] {
  const examples: QueryExample[] = [];
  for (const [queryId, judged] of qrels) {
    const query = queries.get(queryId);
    const best = [...judged]
      .filter(([id, grade]) => grade >= 1 && passages.has(id))
      // Of equal grades the smaller id, whatever the order of the file.
      .sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1))[0];
    const passage = best && passages.get(best[0]);
    if (query && passage) examples.push({ query: query.text, passage: passageText(passage) });
  }
  return examples;
}

export interface ChooseExamplesOptions {
  readonly seed: number;
  /** @default 3 */
  readonly count?: number;
  /** Of the split that results are measured on: what equals or nearly equals one of them is never shown. */
  readonly evaluation: Iterable<Pick<Query, 'id' | 'text'>>;
  /** Characters; longer passages make a poor pattern and a long prompt. @default 1200 */
  readonly maxCharacters?: number;
}

export interface ChosenExamples {
  /** The same for every passage: a prompt that begins alike is read once. Those of the type first, where there are any. */
  readonly forType: (type: QueryTypeName) => readonly QueryExample[];
  /** Left out because an evaluation query is like them. */
  readonly contaminated: number;
}

/**
 * Draws the examples that are shown, by the seed and for each type on its own.
 * @throws RankforgeError `too-little-data` where none is left
 * @see Bonifacio et al. 2022 (InPars, arXiv:2202.05144); Dai et al. 2022 (Promptagator, arXiv:2209.11755): two to eight of them
 */
export function chooseExamples(
  examples: readonly QueryExample[],
  { seed, count = 3, evaluation, maxCharacters = 1200 }: ChooseExamplesOptions,
): ChosenExamples {
  const check = contaminationCheck(evaluation, { seed });
  const clean = examples.filter(({ query }) => check(query) === undefined);
  if (clean.length === 0) {
    throw new RankforgeError('too-little-data', `None of ${examples.length} example queries can be shown`, {
      where: 'few-shot',
      hint: 'Give examples that are no evaluation queries, for instance of the training split.',
    });
  }
  const fitting = clean.filter(({ passage }) => passage.length <= maxCharacters);
  const usable = fitting.length > 0 ? fitting : clean;
  const forType = (type: QueryTypeName): readonly QueryExample[] => {
    const own = usable.filter((example) => example.type === type);
    const open = usable.filter((example) => example.type === undefined);
    return shuffle(own.length > 0 ? own : open, randomStream(seed, 'few-shot', type)).slice(0, count);
  };
  return { forType, contaminated: examples.length - clean.length };
}
