import { describe, expect, test } from 'vitest';
import type { ModelNeed } from '../../../src/rerank/comparators/needs.js';
import {
  type ComparatorName,
  comparators,
  modelComparators,
  needsModel,
  openComparator,
} from '../../../src/rerank/comparators/registry.js';
import { fakeModel } from '../../fixtures/fake-model.js';

const query = { id: 'q', text: 'how long do fleas live' };
const passages = ['alpha', 'beta'].map((text, index) => ({ id: `p${index}`, text }));
const entries = Object.entries(comparators);
/** A reply that some comparator takes for an answer, by what its prompt asks for. */
const answer = (prompt: string): string =>
  /Yes or No/.test(prompt)
    ? 'Yes'
    : /JSON object/.test(prompt)
      ? '{"A": 1, "B": 2}'
      : /nothing else/.test(prompt)
        ? /grade/.test(prompt)
          ? '2'
          : '[B]'
        : '[B] > [A]';
/** A model that offers one thing and nothing more. */
const modelWith = (need: ModelNeed) =>
  fakeModel({
    capabilities: {
      nextToken: need === 'label-logits' ? 'exact' : 'none',
      likelihood: need === 'likelihood',
      schema: need === 'schema',
      prefill: false,
      seed: false,
    },
    generate: ({ messages }) => answer(messages.at(-1)!.content),
  });

test.each(entries)('%s: its form begins with its name, and a user can read what it is', (name, entry) => {
  expect(entry.form.split(/[:[]/)[0]).toBe(name);
  expect(entry.summary).toMatch(/^\w.{10,}[^.]$/);
  expect(needsModel(name)).toBe('model' in entry.needs);
});

test('those that ask a model', () => {
  expect(modelComparators()).toEqual([
    'first',
    'generate',
    'reason',
    'setwise',
    'pairwise',
    'pointwise',
    'groupwise',
    'likelihood',
  ]);
});

describe.each(modelComparators() as ComparatorName[])('%s', (name) => {
  const needs = (comparators[name].needs as { model: readonly ModelNeed[] }).model;

  test.each(needs.map((need, place): [ModelNeed, number] => [need, place]))(
    'compares on a model that offers only %s, with a warning where that is the fallback',
    async (need, place) => {
      const comparator = await openComparator(name, { model: modelWith(need) });
      const comparison = await comparator.compare(query, passages);
      expect([...comparison.order].sort()).toEqual([0, 1]);
      const codes = comparison.warnings.map(({ code }) => code);
      expect(codes.includes('fallback-generate')).toBe(place > 0);
      expect(comparison.usage.calls).toBe(comparator.cost(query, passages).calls);
      expect(comparator.provenance).toMatchObject({
        modelId: 'fake',
        promptId: expect.stringMatching(/^rerank\//),
        promptHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
    },
  );

  test.runIf(!needs.includes('text'))('is refused, with a hint, on a model that only writes', async () => {
    await expect(openComparator(name, { model: modelWith('text') })).rejects.toMatchObject({
      code: 'unsupported',
      hint: expect.stringContaining('comparator'),
    });
  });

  test('needs a model, and takes no argument that it does not know', async () => {
    await expect(openComparator(name)).rejects.toMatchObject({
      code: 'usage',
      hint: 'Give the option "model".',
    });
    await expect(openComparator(`${name}:nonsense`, { model: fakeModel() })).rejects.toMatchObject({
      code: expect.stringMatching(/^(usage|unknown-name)$/),
      where: 'nonsense',
    });
  });
});

test('a student is named, and where it is opened', async () => {
  await expect(openComparator('student:out/student')).rejects.toMatchObject({
    code: 'unsupported',
    hint: expect.stringContaining("openStudentComparator('out/student')"),
  });
});

test.each(['oracle:x', 'bm25:x'])('%s is refused', async (spec) => {
  await expect(openComparator(spec, { qrels: new Map() })).rejects.toMatchObject({ code: 'usage' });
});
