import { expect, test } from 'vitest';
import { RankforgeError } from '../../../src/core/errors.js';
import type { Passage } from '../../../src/core/passage.js';
import { Funnel } from '../../../src/generate/funnel.js';
import { createJudge } from '../../../src/generate/judge/judge.js';
import { judgePassages } from '../../../src/generate/judge/judge-passages.js';
import { parseYesNo } from '../../../src/generate/judge/parse-grade.js';
import { asked, writerModel } from '../../fixtures/writer-model.js';

const query = { id: 'q', text: 'how do I resume?' };
const passage: Passage = { id: 'p', text: 'Run the same command again.' };

test.each([
  ['Yes', 1],
  ['**No**, it does not', 0],
  ['<think>No?</think> Yes.', 1],
  ['yesterday', undefined],
  ['The answer is yes', undefined],
  ['', undefined],
])('%j read as yes or no is %s', (text, expected) => expect(parseYesNo(text)).toBe(expected));

test.each([
  ['yes-no', [-0.1, -3], 3],
  ['yes-no', [-1, -0.8], 1],
  ['yes-no', [-6, -0.1], 0],
  ['yes-no', [null, -0.1], 0],
  ['graded', [-9, -9, -9, -0.1], 3],
  ['graded', [-0.7, -9, -9, -0.7], 2],
  ['graded', [-0.1, -9, null, null], 0],
] as const)('%s from log-probabilities %j is grade %i', async (mode, values, expected) => {
  const { model, requests } = writerModel({ label: () => [...values] });
  expect(await createJudge({ model, mode })(query, passage)).toMatchObject({ grade: expected });
  expect(requests).toHaveLength(1);
});

test('where the labels hold too little probability, or none is shown, the written reply is read', async () => {
  for (const script of [
    { mass: 0.001 },
    { label: () => [null, null, null, null] },
    { nextToken: 'none' as const },
  ]) {
    const { model } = writerModel({ ...script, write: () => 'It has some answer. ##final score: 2' });
    expect(await createJudge({ model, mode: 'graded' })(query, passage)).toMatchObject({ grade: 2 });
  }
});

test('the expected grade is the mean under the shares of the four labels, and its confidence the share of the grade', async () => {
  const { model } = writerModel({ label: () => [0.1, 0.2, 0.3, 0.4].map((share) => Math.log(share * 0.5)) });
  const verdict = await createJudge({ model, mode: 'graded' })(query, passage);
  expect(verdict.score).toBeCloseTo((0.2 + 0.6 + 1.2) / 3, 12);
  expect(verdict.shares).toEqual([0.1, 0.2, 0.3, 0.4].map((share) => expect.closeTo(share, 12)));
  expect(verdict).toMatchObject({ grade: 2, confidence: expect.closeTo(0.3, 12) });
});

test('with reasons the expected grade is read behind them, or behind the line that they lack', async () => {
  for (const [reply, start] of [
    [
      'They want to go on. It says how.\n##final score: 0',
      'They want to go on. It says how.\n##final score: ',
    ],
    ['They want to go on, and the passage', 'They want to go on, and the passage\n##final score: '],
  ]) {
    const { model, requests } = writerModel({ write: () => reply!, label: () => [-9, -9, -0.1, -9] });
    const verdict = await createJudge({ model, mode: 'reasoned' })(query, passage);
    expect(verdict).toMatchObject({ grade: 2, explanation: reply!.split('\n##')[0] });
    expect(requests[1]).toMatchObject({ replies: [0, 1, 2, 3].map((grade) => `${start}${grade}`) });
  }
});

test('a refusal with reasons asked for is no grade, whatever its logits are', async () => {
  const { model, requests } = writerModel({
    write: () => 'I cannot rate this.',
    label: () => [-9, -9, -9, 0],
  });
  expect(await createJudge({ model, mode: 'reasoned' })(query, passage)).toMatchObject({ reason: 'refused' });
  expect(requests).toHaveLength(1);
  const silent = writerModel({ nextToken: 'none', write: () => 'It says how.\n##final score: 2' });
  expect(await createJudge({ model: silent.model, mode: 'reasoned' })(query, passage)).toMatchObject({
    grade: 2,
    score: 2 / 3,
    explanation: 'It says how.',
  });
});

test('a reply without a grade is unknown, never 0', async () => {
  const judge = createJudge({
    model: writerModel({ nextToken: 'none', write: () => 'It depends.' }).model,
  });
  expect(await judge(query, passage)).toMatchObject({ grade: undefined, reason: 'unparsed' });
  const funnel = new Funnel();
  const judged = [];
  for await (const pair of judgePassages([{ query, passage }], { judge, funnel })) judged.push(pair);
  expect(judged).toEqual([]);
  expect(funnel.stage('judge')).toMatchObject({ in: 1, out: 0, rejected: { unparsed: 1 } });
});

test('pairs are judged in order with their scores; what stops the model stops the job', async () => {
  const label = (text: string) => (text.includes('same') ? [-0.05, -3] : [-3, -0.05]);
  const { model } = writerModel({
    label: (request) => label(asked(request)),
    delay: (call) => (call % 3) * 3,
  });
  const pairs = Array.from({ length: 7 }, (_, i) => ({
    query,
    passage: i % 2 ? { id: `${i}`, text: 'Other.' } : { ...passage, id: `${i}` },
  }));
  const grades = [];
  for await (const { judgement } of judgePassages(pairs, { judge: createJudge({ model }), concurrency: 3 })) {
    expect(judgement).toMatchObject({ source: 'llm', confidence: expect.closeTo(0.9, 1) });
    grades.push([judgement.passageId, judgement.grade]);
  }
  expect(grades).toEqual(pairs.map(({ passage: { id } }, i) => [id, i % 2 ? 0 : 3]));

  const overflow = writerModel({
    label: () => {
      throw new RankforgeError('context-overflow', 'too long', { hint: '' });
    },
  });
  expect(await createJudge({ model: overflow.model })(query, passage)).toMatchObject({
    grade: undefined,
    reason: 'context-overflow',
  });
  const gone = writerModel({
    label: () => {
      throw new RankforgeError('server-unreachable', 'gone', { hint: '' });
    },
  });
  await expect(createJudge({ model: gone.model })(query, passage)).rejects.toMatchObject({
    code: 'server-unreachable',
  });
});
