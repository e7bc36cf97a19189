import { expect, test } from 'vitest';
import type { Grade } from '../../../src/core/judgement.js';
import { randomStream } from '../../../src/core/random.js';
import { corpusOf } from '../../../src/generate/corpus.js';
import type { Judge } from '../../../src/generate/judge/judge.js';
import { learnFilterThreshold } from '../../../src/generate/negatives/learn-threshold.js';
import type { MiningRequest } from '../../../src/generate/negatives/mine-examples.js';
import { judgeFilter } from '../../../src/generate/negatives/relevance-filter.js';
import type { Retriever } from '../../../src/retrieval/retriever.js';

/** 30 queries with 20 passages each; every fifth is relevant, and the judge sees that through noise. */
const queries = Array.from({ length: 30 }, (_, i) => `q${i}`);
const isRelevant = (id: string) => Number(id.split('-')[1]) % 5 === 0;
const passages = queries.flatMap((q) =>
  Array.from({ length: 20 }, (_, i) => ({ id: `${q}-${i}`, text: `${q} ${i}` })),
);
const retriever: Retriever = {
  name: 'bm25',
  search: async ({ id }, k) =>
    passages
      .filter((p) => p.id.startsWith(`${id}-`))
      .slice(0, k)
      .map((p, i) => ({ id: p.id, score: -i })),
};
const requests = (judged: (id: string) => boolean): MiningRequest[] =>
  queries.map((id) => {
    const own = passages.filter((p) => p.id.startsWith(`${id}-`));
    return {
      query: { id, text: id },
      positives: own
        .filter((p) => isRelevant(p.id))
        .map((passage) => ({ passage, grade: 3, kind: 'positive', origin: 'judged' })),
      known: new Map(
        own.filter((p) => judged(p.id)).map((p): [string, Grade] => [p.id, isRelevant(p.id) ? 3 : 0]),
      ),
    };
  });
const seen: string[] = [];
const judge: Judge = async (_, { id }) => {
  seen.push(id);
  const noise = randomStream(3, id).normal();
  return { grade: 0, score: 1 / (1 + Math.exp(-(isRelevant(id) ? 2 : -1) - noise)), ledgerKeys: [] };
};
const learn = (list: readonly MiningRequest[], options: object = {}) => {
  seen.length = 0;
  return learnFilterThreshold(list, {
    sources: [{ retriever, band: [1, 20] }],
    corpus: corpusOf(passages),
    filter: judgeFilter(judge, { name: 'noisy' }),
    aim: { by: 'false-negative-rate', most: 0.05 },
    seed: 7,
    ...options,
  });
};

test('learnt from judged candidates alone, never from the known positive; no more are scored than asked', async () => {
  const learnt = await learn(requests((id) => Number(id.split('-')[1]) < 15));
  expect(learnt.of).toBe('noisy');
  expect(learnt.figures).toMatchObject({ queries: 30, pairs: 30 * 14 });
  expect(seen).not.toContain('q0-0');
  expect(seen.some((id) => Number(id.split('-')[1]) >= 15)).toBe(false);
  expect(learnt.figures.unfiltered.value).toBeCloseTo(2 / 14, 6);
  expect(learnt.figures.falseNegativeRate.value).toBeLessThan(0.09);
  const few = await learn(
    requests(() => true),
    { perQuery: 5 },
  );
  expect(few.figures.pairs).toBe(150);
});

test('where only relevant ones are judged, unjudged ones can count as not relevant', async () => {
  await expect(learn(requests(isRelevant))).rejects.toMatchObject({ code: 'too-little-data' });
  const learnt = await learn(requests(isRelevant), { unjudged: 'not-relevant' });
  expect(learnt.figures.pairs).toBe(30 * 19);
});

test('concurrency changes nothing', async () => {
  const list = requests(() => true);
  expect(await learn(list, { concurrency: 1 })).toEqual(await learn(list, { concurrency: 9 }));
});
