import type { Example, ExamplePassage } from '../../core/example.js';
import type { Judge } from './judge.js';
import { type JudgementRecord, judgementRecord } from './judgement-record.js';

/** A judge, and all that it said. */
export interface JudgeLog {
  readonly judge: Judge;
  /**
   * By query, then by passage, whatever order they were asked in. A passage that was written anew under its id has one a text,
   * the first text first.
   */
  records(): JudgementRecord[];
}

/** Keeps what a judge says beside what becomes of it: its reasons, its votes, its grades of what was then left out. About 0.5 KiB a pair. */
export function createJudgeLog(judge: Judge): JudgeLog {
  const said = new Map<string, JudgementRecord[]>();
  return {
    judge: async (query, passage, options) => {
      const verdict = await judge(query, passage, options);
      const key = JSON.stringify([query.id, passage.id]);
      const earlier = said.get(key) ?? [];
      // The same call answered twice is one judgement.
      if (
        verdict.ledgerKeys.length === 0 ||
        String(earlier.at(-1)?.ledgerKeys) !== String(verdict.ledgerKeys)
      )
        said.set(key, [...earlier, judgementRecord({ query, passage, verdict })]);
      return verdict;
    },
    records: () => [...said].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, records]) => records),
  };
}

/** Puts the judge's reasons beside the grades that they speak for. A passage whose grade was then settled otherwise gets none. */
export function withReasons(examples: readonly Example[], records: Iterable<JudgementRecord>): Example[] {
  const reasons = new Map<string, string>();
  for (const { queryId, passageId, grade, explanation, votes } of records) {
    const reason =
      explanation ?? votes?.find((vote) => vote.grade === grade && vote.explanation)?.explanation;
    if (reason) reasons.set(JSON.stringify([queryId, passageId, grade]), reason);
  }
  if (reasons.size === 0) return [...examples];
  return examples.map((example) => ({
    ...example,
    passages: example.passages.map((item): ExamplePassage => {
      const reason = reasons.get(JSON.stringify([example.query.id, item.passage.id, item.grade]));
      return reason === undefined ? item : { ...item, reason };
    }),
  }));
}
