import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Example } from '../../src/core/example.js';
import { exportExamples } from '../../src/formats/exports/export-examples.js';
import { teacherThinking } from '../../src/pipeline/teacher-thinking.js';
import { generateComparator } from '../../src/rerank/comparators/generate.js';
import { reasonComparator } from '../../src/rerank/comparators/reason.js';
import { trainingFrame } from '../../src/rerank/training-frame.js';
import { fakeModel } from '../fixtures/fake-model.js';
import { sampleSet } from '../formats/exports/sample-set.js';
import { temporaryFolder } from '../formats/temporary-folder.js';

const set = sampleSet({ scores: false });

/** Ranks by the texts of the prompt, as a teacher that knows the grades would. */
const knowing = (set: readonly Example[]) =>
  fakeModel({
    generate: ({ messages }) => {
      const prompt = messages.at(-1)!.content;
      const shown = [...prompt.matchAll(/^(\[[A-Z]\]) (.+)$/gm)].map(([, label, text]) => {
        const passage = set
          .flatMap(({ passages }) => passages)
          .find((item) => text!.includes(item.passage.text.split('\n')[0]!))!;
        return { label: label!, grade: passage.grade };
      });
      const best = shown.toSorted((a, b) => b.grade - a.grade).map(({ label }) => label);
      return `<think>${best[0]} holds the answer.</think>\nRanking: ${best.join(' > ')}`;
    },
  });

test("a teacher's thinking about an example's own passages reaches the chat export, and the ranking follows it", async () => {
  const model = knowing(set);
  const { thinking, warnings } = await teacherThinking(set, reasonComparator({ model }), { seed: 7 });
  expect(warnings).toEqual([]);
  expect(thinking.size).toBe(set.length);
  const thought = set.map((example) => ({ ...example, thinking: thinking.get(example.query.id) }));
  for (const { passages, thinking } of thought) {
    expect([...thinking!.passageIds].sort()).toEqual(passages.map(({ passage }) => passage.id).sort());
    const grades = thinking!.ranking!.map((id) => passages.find(({ passage }) => passage.id === id)!.grade);
    expect(grades).toEqual(grades.toSorted((a, b) => b - a));
  }
  // Shown in a drawn order: that of the example has the source first.
  expect(thought.some(({ passages, thinking }) => thinking!.passageIds[0] !== passages[0]!.passage.id)).toBe(
    true,
  );
  const folder = temporaryFolder();
  await exportExamples(() => thought, ['sft', 'dpo'], folder, { frame: trainingFrame() });
  const rows = readFileSync(join(folder, 'sft/train.jsonl'), 'utf8').trim().split('\n');
  const answers = rows.map((row) => JSON.parse(row).messages.at(-1).content as string);
  // What the model was asked and said is what the export teaches.
  for (const answer of answers) {
    const [, first] = /^<think>\n(\[[A-Z]\]) holds the answer\.\n<\/think>\nRanking: (\[[A-Z]\])/.exec(
      answer,
    )!;
    expect(answer).toContain(`Ranking: ${first} >`);
  }
  const asked = model.seen.map((messages) => JSON.stringify(messages));
  for (const row of rows) expect(asked).toContain(JSON.stringify(JSON.parse(row).messages.slice(0, -1)));
  for (const row of readFileSync(join(folder, 'dpo/train.jsonl'), 'utf8').trim().split('\n')) {
    const { chosen, rejected } = JSON.parse(row);
    for (const side of [chosen, rejected]) expect(side[0].content).toMatch(/^<think>\n\[[A-Z]\] holds/);
  }
});

test('a reply that is no ranking leaves its example without thinking, and says so', async () => {
  const model = fakeModel({ generate: () => '<think>Hard to say.</think>\nI cannot tell.' });
  const { thinking, warnings } = await teacherThinking(set.slice(0, 2), reasonComparator({ model }), {
    seed: 7,
  });
  expect(thinking.size).toBe(0);
  expect(warnings.map(({ code, id }) => [code, id])).toEqual([
    ['kept-order', 'q0'],
    ['kept-order', 'q1'],
  ]);
});

test('a teacher that does not think leaves none, and examples too long for a prompt are not asked about', async () => {
  const model = knowing(set);
  const none = await teacherThinking(
    set.slice(0, 2),
    generateComparator({ model: fakeModel({ generate: () => '[A] > [B] > [C] > [D] > [E] > [F] > [G]' }) }),
    { seed: 7 },
  );
  expect(none.thinking.size).toBe(0);
  await teacherThinking(set, reasonComparator({ model }), { seed: 7, listSize: 6 });
  expect(model.seen).toEqual([]);
});
