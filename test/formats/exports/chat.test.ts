import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Example } from '../../../src/core/example.js';
import { exportExamples } from '../../../src/formats/exports/export-examples.js';
import { listwiseParts, worseOrder } from '../../../src/formats/exports/list-order.js';
import { generateComparator } from '../../../src/rerank/comparators/generate.js';
import { reasonComparator } from '../../../src/rerank/comparators/reason.js';
import { parseRanking } from '../../../src/rerank/parse-ranking.js';
import { splitThinking } from '../../../src/rerank/split-thinking.js';
import { trainingFrame } from '../../../src/rerank/training-frame.js';
import { fakeModel } from '../../fixtures/fake-model.js';
import { temporaryFolder } from '../temporary-folder.js';
import { arbitrarySet } from './arbitrary-set.js';
import { sampleSet } from './sample-set.js';

interface ChatRow {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

const thinker = sampleSet()[2]!;

async function rowOf(example: Example): Promise<ChatRow['messages']> {
  const folder = temporaryFolder();
  await exportExamples(() => [example], ['sft'], folder, { frame: trainingFrame() });
  const lines = readFileSync(join(folder, 'sft', `${example.split}.jsonl`), 'utf8').trim();
  return (JSON.parse(lines) as ChatRow).messages;
}

test.each([
  { comparator: 'generate', example: sampleSet()[0]!, create: generateComparator },
  { comparator: 'reason', example: thinker, create: reasonComparator },
])('a model is trained on what $comparator asks it', async ({ example, create }) => {
  const messages = await rowOf(example);
  const [part] = listwiseParts(example, {});
  const model = fakeModel({ generate: () => messages.at(-1)!.content });
  const shown = part!.shown.map(({ passage }) => passage);
  const { order } = await create({ model }).compare(example.query, shown);
  expect(model.seen).toEqual([messages.slice(0, -1)]);
  // The reply is read as the teacher's ranking.
  expect(order.map((index) => part!.shown[index]!.teacherRank)).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test('thinking stands before the ranking, and its labels are those of the prompt', async () => {
  const messages = await rowOf(thinker);
  expect(splitThinking(messages.at(-1)!.content).thinking).toBe(thinker.thinking!.text);
  expect(listwiseParts(thinker, {})[0]!.shown.map(({ passage }) => passage.id)).toEqual(
    thinker.thinking!.passageIds,
  );
});

/** The rows of one example in a chat format. */
async function rowsOf<T>(example: Example, format: 'sft' | 'dpo'): Promise<T[]> {
  const folder = temporaryFolder();
  await exportExamples(() => [example], [format], folder, { frame: trainingFrame() });
  const text = readFileSync(join(folder, format, `${example.split}.jsonl`), 'utf8').trim();
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as T);
}

const plain = sampleSet({ scores: false })[1]!;
const reasoned: Example = {
  ...plain,
  passages: plain.passages.map((item) =>
    item.kind === 'random' ? item : { ...item, reason: `Number ${item.passage.id}\n</think> [B] says it.` },
  ),
};

test("a judge's reasons are thought before the ranking, by the labels of the prompt, and close no tag", async () => {
  const [row] = await rowsOf<ChatRow>(reasoned, 'sft');
  const { thinking, answer } = splitThinking(row!.messages.at(-1)!.content);
  const prompt = row!.messages.at(-2)!.content;
  const lines = thinking!.split('\n');
  expect(lines).toHaveLength(reasoned.passages.filter(({ reason }) => reason).length);
  for (const line of lines) {
    const [, label, id] = /^(\[[A-Z]\]) Number (\S+) /.exec(line)!;
    const { passage } = reasoned.passages.find((item) => item.passage.id === id)!;
    const shown = prompt.split('\n').find((one) => one.startsWith(label!));
    expect(shown).toContain(passage.text.split('\n')[0]);
    expect(line).not.toMatch(/<\/think>|\[B\] says/);
  }
  // The answer is by grade still.
  const [part] = listwiseParts(reasoned, {});
  const { order } = parseRanking(answer, trainingFrame().labels(part!.shown.length));
  expect(order).toEqual(part!.order);
});

test.each([
  [
    'a relevant passage has none',
    {
      ...reasoned,
      passages: reasoned.passages.map((item) => (item.grade === 3 ? { ...item, reason: undefined } : item)),
    },
  ],
  [
    'the target is not by grade',
    {
      ...reasoned,
      passages: reasoned.passages.map((item) => ({
        ...item,
        teacherRank: item.grade * 10 + reasoned.passages.indexOf(item) + 1,
      })),
    },
  ],
])('reasons are left out where %s', async (_, example) => {
  const [row] = await rowsOf<ChatRow>(example as Example, 'sft');
  expect(splitThinking(row!.messages.at(-1)!.content).thinking).toBeUndefined();
});

test('the answer is what the thinking led to; thinking that put an irrelevant passage first is left out', async () => {
  const ids = plain.passages.map(({ passage }) => passage.id);
  const byGrade = plain.passages.toSorted((a, b) => b.grade - a.grade).map(({ passage }) => passage.id);
  // Another order of the passages that are not relevant than the grades have: it is still what was thought.
  const ranking = [...byGrade.slice(0, 2), ...byGrade.slice(2).reverse()];
  const thought = (led: readonly string[]): Example => ({
    ...plain,
    thinking: { text: 'B names the place.', passageIds: ids, ranking: led },
  });
  const labels = trainingFrame().labels(ids.length);
  const [row] = await rowsOf<ChatRow>(thought(ranking), 'sft');
  const { thinking, answer } = splitThinking(row!.messages.at(-1)!.content);
  expect(thinking).toBe('B names the place.');
  expect(parseRanking(answer, labels).order.map((index) => ids[index])).toEqual(ranking);
  const [wrong] = await rowsOf<ChatRow>(thought([...byGrade].reverse()), 'sft');
  expect(splitThinking(wrong!.messages.at(-1)!.content).thinking).toBeUndefined();
});

test('both sides of a pair follow the same thinking', async () => {
  interface Pair {
    readonly prompt: ChatRow['messages'];
    readonly chosen: ChatRow['messages'];
    readonly rejected: ChatRow['messages'];
  }
  const [sft] = await rowsOf<ChatRow>(reasoned, 'sft');
  const [pair] = await rowsOf<Pair>(reasoned, 'dpo');
  expect([...pair!.prompt, ...pair!.chosen]).toEqual(sft!.messages);
  const [chosen, rejected] = [pair!.chosen, pair!.rejected].map(([one]) => splitThinking(one!.content));
  expect(rejected!.thinking).toBe(chosen!.thinking);
  expect(rejected!.answer).not.toBe(chosen!.answer);
});

test('lists are as long as asked for, lose no passage and are not shown in the right order', () => {
  fc.assert(
    fc.property(
      arbitrarySet({ wild: true }),
      fc.integer({ min: 2, max: 8 }),
      fc.integer({ min: 0 }),
      (set, listSize, seed) => {
        for (const { thinking: _, ...example } of set) {
          const parts = listwiseParts(example, { listSize, seed });
          for (const { shown } of parts) expect(shown.length).toBeLessThanOrEqual(listSize);
          const ids = parts.flatMap(({ shown }) => shown.map(({ passage }) => passage.id));
          expect(new Set(ids).size).toBe(ids.length);
          if (example.passages.length > 1)
            expect(example.passages.length - ids.length).toBeLessThanOrEqual(1);
        }
      },
    ),
    { numRuns: 50 },
  );
  const places = Array.from({ length: 60 }, (_, seed) => {
    const [part] = listwiseParts(sampleSet()[0]!, { seed });
    return part!.order[0];
  });
  // Where the best passage stands says nothing.
  expect(new Set(places).size).toBe(7);
});

test('a rejected ranking is worse, and there is none where no order is', () => {
  fc.assert(
    fc.property(arbitrarySet({ wild: false }), fc.integer({ min: 0 }), (set, seed) => {
      for (const part of set.flatMap((example) => listwiseParts(example, { seed }))) {
        const worse = worseOrder(part, seed, 'x');
        const wrongPairs = (order: readonly number[]) =>
          order.flatMap((first, i) =>
            order.slice(i + 1).filter((second) => part.levels[first]! > part.levels[second]!),
          ).length;
        expect(wrongPairs(part.order)).toBe(0);
        if (new Set(part.levels).size === 1) expect(worse).toBeUndefined();
        else {
          expect([...worse!].sort()).toEqual([...part.order].sort());
          expect(wrongPairs(worse!)).toBeGreaterThan(0);
        }
      }
    }),
    { numRuns: 50 },
  );
});

test('chat formats say that they need a frame', async () => {
  await expect(exportExamples(() => sampleSet(), ['dpo'], temporaryFolder())).rejects.toMatchObject({
    code: 'usage',
    where: 'frame',
  });
});

test('RankLLM replies name every passage once, as our own parser reads them', async () => {
  const folder = temporaryFolder();
  await exportExamples(() => sampleSet(), ['rankllm'], folder);
  const records = JSON.parse(readFileSync(join(folder, 'rankllm', 'train.json'), 'utf8')) as {
    conversations: { value: string }[];
    docids: string[];
  }[];
  expect(records).toHaveLength(8);
  for (const { conversations, docids } of records) {
    const labels = docids.map((_, index) => `[${String.fromCharCode(65 + index)}]`);
    expect(parseRanking(conversations[2]!.value, labels).repairs).toEqual({
      missing: 0,
      repeated: 0,
      outOfRange: 0,
    });
  }
});
