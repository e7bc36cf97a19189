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

test('where no example has a relevant passage, the error says what its passages were lost for', async () => {
  const { model } = writerModel({
    write: ({ schema, messages }) => {
      const [key] = Object.keys((schema?.properties ?? {}) as object);
      if (key === 'topics') return JSON.stringify({ topics: ['repotting of ferns', 'aphids on roses'] });
      if (key !== 'question search') return '{"full": "one", "fuller": "five levels", "partial": "two"}';
      const topic = messages.at(-1)!.content.includes('ferns') ? 'ferns' : 'roses';
      return JSON.stringify({ [key]: `why are ${topic} so much work every spring?` });
    },
  });
  const { stopped } = await generateTopicSet({
    count: 1,
    seed: 7,
    topics: { model, domain: 'care of houseplants' },
    types: { question: 1 },
    writer: { model },
    graded: { model },
    judge: async () => ({ grade: 3, score: 1, ledgerKeys: [] }),
    maxAttempts: 2,
  });
  expect(stopped).toMatchObject({
    code: 'count-not-reached',
    message: expect.stringContaining('rejected most: wrong-levels'),
  });
});
