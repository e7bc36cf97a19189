import { join } from 'node:path';
import { expect, test } from 'vitest';
import { collect } from '../../../src/core/collect.js';
import type { Example } from '../../../src/core/example.js';
import type { Grade } from '../../../src/core/judgement.js';
import type { Judge } from '../../../src/generate/judge/judge.js';
import { createJudge } from '../../../src/generate/judge/judge.js';
import { createJudgeLog, withReasons } from '../../../src/generate/judge/judge-log.js';
import { readJudgements, writeJudgements } from '../../../src/generate/judge/judgement-record.js';
import { createPanel } from '../../../src/generate/judge/panel.js';
import { fakeModel } from '../../fixtures/fake-model.js';
import { temporaryFolder } from '../../formats/temporary-folder.js';

const query = { id: 'q', text: 'how long do fleas live?' };
const answer = { id: 'a', text: 'Fleas live for two weeks.' };
const other = { id: 'b', text: 'Dogs bark.' };

const reply = (reason: string, grade: number) => `${reason}\n##final score: ${grade}`;
const reasonedJudge = (say: (prompt: string) => string): Judge =>
  createJudge({
    model: fakeModel({
      capabilities: { nextToken: 'none' },
      generate: ({ messages }) => say(messages.at(-1)!.content),
    }),
    mode: 'reasoned',
  });
const judge = reasonedJudge((prompt) =>
  prompt.includes('two weeks') ? reply('It names two weeks.', 3) : reply('It is about dogs.', 0),
);

const example = (grades: readonly [Grade, Grade]): Example => ({
  query,
  passages: [
    { passage: answer, grade: grades[0], kind: 'positive', origin: 'corpus' },
    { passage: other, grade: grades[1], kind: 'hard-negative', origin: 'mined:bm25' },
  ],
  split: 'train',
  ledgerKeys: [],
});

test('reasons stand beside the grades that they speak for, and beside no other', async () => {
  const log = createJudgeLog(judge);
  for (const passage of [other, answer]) await log.judge(query, passage);
  const [kept] = withReasons([example([3, 0])], log.records());
  expect(kept!.passages.map(({ reason }) => reason)).toEqual(['It names two weeks.', 'It is about dogs.']);
  // The grade was settled otherwise.
  const [settled] = withReasons([example([3, 1])], log.records());
  expect(settled!.passages.map(({ reason }) => reason)).toEqual(['It names two weeks.', undefined]);
});

test('a panel gives the reasons of a member that came to its grade', async () => {
  const strict = reasonedJudge(() => reply('Nothing holds.', 0));
  const panel = createPanel(
    [
      { name: 'strict', judge: strict, weight: 0.1 },
      { name: 'fair', judge },
    ],
    { aggregate: 'majority' },
  );
  const log = createJudgeLog(panel);
  await log.judge(query, answer);
  const [kept] = withReasons([example([3, 0])], log.records());
  expect(kept!.passages[0]!.reason).toBe('It names two weeks.');
});

test('what was judged is one record a pair and text, in one order, and comes back from its file', async () => {
  const [forward, backward] = [createJudgeLog(judge), createJudgeLog(judge)];
  const rewritten = { ...other, text: 'Cats purr for two weeks.' };
  for (const passage of [answer, other, rewritten]) await forward.judge(query, passage);
  for (const passage of [other, rewritten, answer]) await backward.judge(query, passage);
  const records = forward.records();
  expect(records).toEqual(backward.records());
  expect(records.map(({ passageId, grade }) => [passageId, grade])).toEqual([
    ['a', 3],
    ['b', 0],
    ['b', 3],
  ]);
  const unknown = createJudgeLog(createPanel([{ name: 'mute', judge: reasonedJudge(() => 'no idea') }]));
  await unknown.judge(query, answer);
  const all = [...records, ...unknown.records()];
  const path = join(temporaryFolder(), 'judgements.jsonl');
  await writeJudgements(path, all);
  expect(JSON.parse(JSON.stringify(await collect(readJudgements(path))))).toEqual(
    JSON.parse(JSON.stringify(all)),
  );
});
