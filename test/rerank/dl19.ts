import { z } from 'zod';
import type { Candidates } from '../../src/core/candidates.js';
import type { Ranking } from '../../src/core/ranking.js';
import type { Qrels, Run } from '../../src/core/run.js';
import { evaluateRun } from '../../src/evaluate/evaluate-run.js';
import { readJsonLines } from '../../src/formats/json-lines.js';
import { readQrels } from '../../src/formats/qrels.js';
import { hasSharedData, sharedData } from '../shared-data.js';

export const hasDl19 = hasSharedData('dl19');

const Line = z.object({
  query: z.object({ qid: z.string(), text: z.string() }),
  candidates: z.array(
    z.object({ docid: z.string(), score: z.number(), doc: z.object({ contents: z.string() }) }),
  ),
});

/** BM25's top 100 of the 43 queries of DL19. */
export async function dl19Candidates(): Promise<Candidates[]> {
  const all: Candidates[] = [];
  for await (const { value } of readJsonLines(sharedData('dl19', 'candidates.jsonl.gz'), Line)) {
    all.push({
      query: { id: value.query.qid, text: value.query.text },
      items: value.candidates.map(({ docid, score, doc }) => ({
        passage: { id: docid, text: doc.contents },
        score,
      })),
    });
  }
  return all;
}

export const dl19Qrels = (): Promise<Qrels> => readQrels(sharedData('dl19', 'qrels', 'test.tsv'));

const toRun = (rankings: readonly Ranking[]): Run =>
  new Map(rankings.map(({ queryId, items }) => [queryId, items]));

export const ndcg10 = (qrels: Qrels, rankings: readonly Ranking[]): number =>
  evaluateRun(qrels, toRun(rankings), ['nDCG@10']).means['nDCG@10']!;
