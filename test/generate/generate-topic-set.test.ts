import { expect, test } from 'vitest';
import { generateTopicSet } from '../../src/generate/generate-topic-set.js';
import { writerModel } from '../fixtures/writer-model.js';

test('a model that names no topic is told by its replies, and not by the queries that were never asked for', async () => {
  const { model } = writerModel({ write: () => 'I am sorry, I cannot help with that.' });
  const { stopped, accepted, funnel } = await generateTopicSet({
    count: 4,
    seed: 7,
    topics: { model, domain: 'care of houseplants' },
    writer: { model },
    graded: { model },
    judge: async () => ({ grade: 3, score: 1, ledgerKeys: [] }),
  });
  expect(accepted).toBe(0);
  expect(stopped).toMatchObject({
    code: 'count-not-reached',
    message: 'No topic of "care of houseplants" came: refused 3',
    where: 'generate.topics',
  });
  expect(funnel.stage('topics').rejected).toEqual({ refused: 3 });
});
