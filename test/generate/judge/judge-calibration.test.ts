import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import {
  calibratedListJudge,
  fitJudgeCalibration,
  type JudgeSetting,
  judgeIdentity,
  readJudgeCalibration,
  writeJudgeCalibration,
} from '../../../src/generate/judge/judge-calibration.js';
import { eachAlone } from '../../../src/generate/judge/list-judge.js';
import { loadPrompt } from '../../../src/prompts/template.js';
import { temporaryFolder } from '../../formats/temporary-folder.js';

const [small, large] = [{ id: 'small' }, { id: 'large' }];
const setting: JudgeSetting = { mode: 'graded', members: [{ model: small }] };
const random = randomStream(3);
// One grade too mild below the top.
const pairs = Array.from({ length: 80 }, (_, index) => {
  const grade = random.int(4);
  return { queryId: `q${index % 16}`, grade, score: Math.min(3, grade + 1) / 3 };
});
const fitted = fitJudgeCalibration(judgeIdentity(setting), pairs, { seed: 1 });

async function written(): Promise<string> {
  const path = join(temporaryFolder(), 'judge.json');
  await writeJudgeCalibration(path, fitted);
  return path;
}

test('what was fitted comes back from its file, and says whose it is and how well it fits', async () => {
  const path = await written();
  expect(await readJudgeCalibration(path, judgeIdentity(setting))).toEqual(fitted);
  const { of, figures } = JSON.parse(readFileSync(path, 'utf8'));
  const { id: promptId, hash: promptHash } = loadPrompt('generate/judge-graded');
  expect(of.members).toEqual([{ modelId: 'small', promptId, promptHash }]);
  expect(figures).toMatchObject({ pairs: 80, queries: 16 });
  expect(figures.after.error).toBeLessThan(figures.before.error);
});

test('a calibrated judge grades on people’s scale, whichever number of passages it sees', async () => {
  const judge = eachAlone(async (_, { id }) => ({
    grade: 2,
    score: id === 'lost' ? undefined : 2 / 3,
    ledgerKeys: [id],
  }));
  const verdicts = await calibratedListJudge(judge, fitted)({ id: 'q', text: 'q' }, [
    { id: 'a', text: 'a' },
    { id: 'lost', text: 'b' },
  ]);
  expect(verdicts.map(({ grade, ledgerKeys }) => [grade, ledgerKeys])).toEqual([
    [1, ['a']],
    [2, ['lost']],
  ]);
});

const otherPrompt = loadPrompt('generate/judge-yes-no');
const panel = { ...setting, members: [{ model: small }, { model: large }] };
test.each<[string, JudgeSetting, RegExp]>([
  ['model', { ...setting, members: [{ model: large }] }, /model small, not large/],
  ['mode', { ...setting, mode: 'reasoned' }, /mode graded, not reasoned/],
  [
    'prompt',
    { ...setting, members: [{ model: small, prompt: otherPrompt }] },
    /judge-graded, not generate\/judge-yes-no/,
  ],
  [
    'wording',
    {
      ...setting,
      members: [{ model: small, prompt: { ...loadPrompt('generate/judge-graded'), hash: 'changed' } }],
    },
    /hash/,
  ],
  ['panel', panel, /aggregate/],
  ['batch', { ...setting, batch: 5 }, /batch/],
])('the calibration of another %s is refused', async (_, judge, message) => {
  await expect(readJudgeCalibration(await written(), judgeIdentity(judge))).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringMatching(message),
  });
});

test('a panel is told by its weights and by how votes become one', () => {
  expect(judgeIdentity({ ...panel, ties: 'lower' })).not.toEqual(judgeIdentity(panel));
  const weighed = { ...panel, members: panel.members.map((member) => ({ ...member, weight: 2 })) };
  expect(judgeIdentity(weighed)).not.toEqual(judgeIdentity(panel));
  // One member needs no votes counted.
  expect(judgeIdentity({ ...setting, aggregate: 'median' })).toEqual(judgeIdentity(setting));
});

test.each([
  ['no JSON', '{"format": 1'],
  ['another format', '{"format": 2}'],
  ['falling points', JSON.stringify({ ...fitted, points: { scores: [0, 1], probabilities: [1, 0] } })],
  ['points of two lengths', JSON.stringify({ ...fitted, points: { scores: [0, 1], probabilities: [1] } })],
])('a file with %s is none', async (_, text) => {
  const path = join(temporaryFolder(), 'judge.json');
  writeFileSync(path, text);
  await expect(readJudgeCalibration(path, judgeIdentity(setting))).rejects.toMatchObject({
    code: 'bad-file',
  });
});
