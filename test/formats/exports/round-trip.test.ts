import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { collect } from '../../../src/core/collect.js';
import type { Example, ExamplePassage } from '../../../src/core/example.js';
import { passageText } from '../../../src/core/passage.js';
import { writeCorpus } from '../../../src/formats/beir.js';
import { type ExampleField, exampleFields } from '../../../src/formats/exports/example-fields.js';
import { exportExamples } from '../../../src/formats/exports/export-examples.js';
import {
  type ExportFormatName,
  exportFormatNames,
  exportFormats,
} from '../../../src/formats/exports/formats.js';
import { importExamples } from '../../../src/formats/exports/import-examples.js';
import { queryText } from '../../../src/formats/exports/relevance.js';
import { trainingFrame } from '../../../src/rerank/training-frame.js';
import { temporaryFolder } from '../temporary-folder.js';
import { arbitrarySet } from './arbitrary-set.js';

const options = { frame: trainingFrame(), negatives: 1, listSize: 26 };
const runs = { numRuns: 10 };

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
const wholeQuery = ({ query }: Example): string => oneLine(queryText(query));
const wholeText = ({ passage }: ExamplePassage): string => oneLine(passageText(passage));

/** What a format may hold, of an example or of each of its passages. */
const ofExample: Partial<Record<ExampleField, (example: Example) => unknown>> = {
  'query id': ({ query }) => query.id,
  'query text': wholeQuery,
  'instruction apart': ({ query }) => [oneLine(query.text), query.instruction],
  'query metadata': ({ query }) => query.metadata,
  'every passage': ({ passages }) => passages.map(wholeText).sort(),
  'order of passages': ({ passages }) => passages.map(wholeText),
  thinking: ({ thinking, passages }) =>
    thinking && [
      thinking.text,
      thinking.passageIds.map((id) => wholeText(passages.find(({ passage }) => passage.id === id)!)),
    ],
  split: ({ split }) => split,
  'ledger keys': ({ ledgerKeys }) => ledgerKeys,
  provenance: ({ provenance }) => provenance,
};
const ofPassage: Partial<Record<ExampleField, (item: ExamplePassage) => unknown>> = {
  'passage id': ({ passage }) => passage.id,
  'passage text': wholeText,
  'text to the letter': ({ passage }) => passageText(passage),
  'title apart': ({ passage }) => [passage.title, passage.text],
  'passage metadata': ({ passage }) => passage.metadata,
  'relevant or not': ({ grade }) => grade >= 2,
  grade: ({ grade }) => grade,
  kind: ({ kind }) => kind,
  origin: ({ origin }) => origin,
  'teacher score': ({ teacherScore }) => teacherScore,
  'teacher rank': ({ teacherRank }) => teacherRank,
  'hardness and margin': ({ hardness, margin }) => [hardness, margin],
  "judge's reason": ({ reason }) => reason,
};

async function thereAndBack(name: ExportFormatName, examples: readonly Example[], folder: string) {
  const [exported] = await exportExamples(() => examples, [name], folder, options);
  // Without a row there is no file.
  if (exported!.files.length === 0) return [];
  const corpus = join(folder, 'corpus.jsonl');
  if (name === 'trec')
    await writeCorpus(
      corpus,
      examples.flatMap(({ passages }) => passages.map(({ passage }) => passage)),
    );
  return collect(importExamples(name, join(folder, name), name === 'trec' ? { corpus } : {}));
}

/** Formats in which a row needs something that not every example has: without it nothing is written, and nothing comes back. */
const usable = (name: ExportFormatName, { passages }: Example): boolean => {
  const relevant = passages.filter(({ grade }) => grade >= 2);
  const others = passages.filter(({ grade }) => grade < 2);
  const isScored = passages.every(({ teacherScore }) => teacherScore !== undefined);
  if (name === 'sentence-transformers-pairs' || name === 'llamaindex') return relevant.length > 0;
  if (name === 'sentence-transformers-margins') return relevant.length > 0 && others.length > 0 && isScored;
  if (
    ['flag-embedding', 'tevatron', 'sentence-transformers-triplets', 'sentence-transformers-tuples'].includes(
      name,
    )
  )
    return relevant.length > 0 && others.length > 0;
  if (name === 'dpo')
    return passages.length > 1 && (isScored || new Set(passages.map(({ grade }) => grade)).size > 1);
  if (name === 'rankllm' || name === 'sft') return passages.length > 1;
  return true;
};

/** Whether a chat shows the thinking that there is: what led to an irrelevant passage first is left out, and reasons may stand in for it. */
function isShownAsItWas({ thinking, passages }: Example): boolean {
  if (!thinking) return passages.every(({ reason }) => reason === undefined);
  const isRelevant = (id: string) => passages.some(({ passage, grade }) => passage.id === id && grade >= 2);
  const relevance = (thinking.ranking ?? []).map(isRelevant);
  return relevance.lastIndexOf(true) + 1 === relevance.filter(Boolean).length;
}

/** Fields that a format holds only where all examples have them, or where the example itself has them. */
function heldFields(
  name: ExportFormatName,
  examples: readonly Example[],
  example: Example,
): readonly ExampleField[] {
  const isScored = (one: Example): boolean =>
    one.passages.every(({ teacherScore }) => teacherScore !== undefined);
  return exportFormats[name].holds.filter((field) => {
    if (field === 'teacher score')
      return name === 'rankllm' || name === 'flag-embedding' ? examples.every(isScored) : true;
    if (field === 'teacher rank') return isScored(example);
    if (field === 'thinking' && (name === 'sft' || name === 'dpo')) return isShownAsItWas(example);
    return true;
  });
}

function expectHeld(name: ExportFormatName, examples: readonly Example[], back: readonly Example[]): void {
  const byText = new Map(back.map((example) => [wholeQuery(example), example]));
  expect(byText.size).toBe(back.length);
  for (const example of examples.filter((one) => usable(name, one))) {
    const found = byText.get(wholeQuery(example));
    expect(found, `the query ${wholeQuery(example)}`).toBeDefined();
    const held = heldFields(name, examples, example);
    for (const field of held) {
      const of = ofExample[field];
      if (of) expect(of(found!), field).toEqual(of(example));
    }
    const originals = new Map(example.passages.map((item) => [wholeText(item), item]));
    for (const item of found!.passages) {
      const original = originals.get(wholeText(item));
      expect(original, `the passage ${wholeText(item)}`).toBeDefined();
      for (const field of held) {
        const of = ofPassage[field];
        if (of) expect(of(item), field).toEqual(of(original!));
      }
    }
  }
}

/** Passages by id where the format has an order of its own, in which a prompt shows them. */
const inHeldOrder =
  (holds: readonly ExampleField[]) =>
  (example: Example): Example =>
    holds.includes('order of passages')
      ? example
      : {
          ...example,
          passages: [...example.passages].sort((a, b) => (a.passage.id < b.passage.id ? -1 : 1)),
        };

const filesIn = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length), readFileSync(path, 'utf8')]),
  );

describe.each(exportFormatNames)('%s', (name) => {
  const { holds } = exportFormats[name];
  // Formats of one line a text show their labels in it, and turn what looks like one into something else.
  const wild =
    holds.includes('text to the letter') ||
    ['flag-embedding', 'tevatron'].includes(name) ||
    name.startsWith('sentence');

  test('what it holds comes back', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrarySet({ wild }), async (examples) => {
        expectHeld(name, examples, await thereAndBack(name, examples, temporaryFolder()));
      }),
      runs,
    );
  });

  test('what came back comes back again unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrarySet({ wild: false }), async (examples) => {
        const [first, second] = [temporaryFolder(), temporaryFolder()];
        const back = await thereAndBack(name, examples, first);
        const again = await thereAndBack(name, back, second);
        // Negatives of an n-tuple are drawn, and drawn again from those that were.
        if (name === 'sentence-transformers-tuples') {
          for (const [index, { passages }] of again.entries())
            expect(back[index]!.passages).toEqual(expect.arrayContaining([...passages]));
        } else expect(again.map(inHeldOrder(holds))).toEqual(back.map(inHeldOrder(holds)));
      }),
      runs,
    );
  });

  test('the same set and seed give the same bytes', async () => {
    const examples = fc.sample(arbitrarySet({ wild: false }), { numRuns: 1, seed: 11 })[0]!;
    const [first, second] = [temporaryFolder(), temporaryFolder()];
    for (const folder of [first, second]) await exportExamples(() => examples, [name], folder, options);
    expect(filesIn(second)).toEqual(filesIn(first));
  });
});

test.each(exportFormatNames.filter((name) => exportFormats[name].holds.includes('text to the letter')))(
  '%s: signs at the ends of a text come back',
  async (name) => {
    const text = '\ufeff\0a text that was cut out of a file\0\ufeff';
    const [example] = fc.sample(arbitrarySet({ wild: false }), { numRuns: 1, seed: 5 })[0]!;
    const passages = [
      { ...example!.passages[0]!, passage: { id: 'p', text }, grade: 3 as const, kind: 'positive' as const },
    ];
    const { thinking: _, ...rest } = example!;
    const [back] = await thereAndBack(name, [{ ...rest, passages }], temporaryFolder());
    expect(back!.passages.map(({ passage }) => passage.text)).toEqual([text]);
  },
);

test('every field has a check, so that no format can claim one in vain', () => {
  expect(exampleFields.filter((field) => !ofExample[field] && !ofPassage[field])).toEqual([]);
});
