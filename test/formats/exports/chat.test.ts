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
