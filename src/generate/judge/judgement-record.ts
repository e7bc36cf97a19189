import { z } from 'zod';
import type { Grade, Judgement } from '../../core/judgement.js';
import { atomicWrite } from '../../formats/atomic-write.js';
import type { ReadOptions } from '../../formats/bad-line.js';
import { readJsonLines } from '../../formats/json-lines.js';
import type { PairVerdict } from './judge-passages.js';
import type { Disagreement, Vote } from './votes.js';

/** One line of a file of judgements: what qrels cannot hold. `grade` is null where it stayed unknown. */
export interface JudgementRecord extends Omit<Judgement, 'grade'> {
  readonly grade: Grade | null;
  /** 0 to 1: the expected grade / 3, or P(yes). */
  readonly score: number | null;
  readonly shares?: readonly number[];
  readonly reason?: string;
  readonly explanation?: string;
  readonly votes?: readonly Vote[];
  readonly disagreement?: Disagreement;
  readonly ledgerKeys: readonly string[];
}

/** A verdict as a line of a file of judgements. */
export function judgementRecord({ query, passage, verdict }: PairVerdict): JudgementRecord {
  const { grade = null, score = null, confidence, ...rest } = verdict;
  return { queryId: query.id, passageId: passage.id, grade, score, source: 'llm', confidence, ...rest };
}

const GradeLevel = z.literal([0, 1, 2, 3]);
const text = z.string().optional();

const JudgementLine: z.ZodType<JudgementRecord> = z.object({
  queryId: z.string(),
  passageId: z.string(),
  grade: GradeLevel.nullable(),
  score: z.number().nullable(),
  source: z.enum(['human', 'llm', 'constructed']),
  confidence: z.number().optional(),
  shares: z.array(z.number()).optional(),
  reason: text,
  explanation: text,
  votes: z
    .array(
      z
        .object({
          judge: z.string(),
          grade: GradeLevel.optional(),
          score: z.number().optional(),
          reason: text,
          explanation: text,
        })
        // A vote without a grade has the keys still.
        .transform(({ grade, score, ...vote }) => ({ ...vote, grade, score })),
    )
    .optional(),
  disagreement: z.object({ range: z.number(), deviation: z.number() }).optional(),
  ledgerKeys: z.array(z.string()),
});

/** What the file is called beside a set. */
export const judgementsFile = 'judgements.jsonl';

/** Writes judgements as JSONL, whole or not at all. @throws RankforgeError as `atomicWrite` */
export const writeJudgements = (path: string, records: Iterable<JudgementRecord>): Promise<void> =>
  atomicWrite(path, lines(records));

function* lines(records: Iterable<JudgementRecord>): Generator<string> {
  for (const record of records) yield `${JSON.stringify(record)}\n`;
}

/** Judgements from JSONL, streamed. @throws RankforgeError `missing-file`, `bad-line` */
export async function* readJudgements(
  path: string,
  options: ReadOptions = {},
): AsyncGenerator<JudgementRecord> {
  for await (const { value } of readJsonLines(path, JudgementLine, options)) yield value;
}
