import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CreateRerankerOptions, createReranker } from '../../../src/surfaces/library/create-reranker.js';
import { openDefaultReranker, rerank } from '../../../src/surfaces/library/rerank.js';
import { stubComparator } from './stub-comparator.js';

const documents = [
  'Ticks are no insects.',
  'A flea lives for two to three months.',
  'The fleas of cats and dogs live on blood.',
];

describe('createReranker', () => {
  test('orders texts and says where each was', async () => {
    await using reranker = createReranker({ compare: 'bm25' });
    const { results, usage } = await reranker.rerank('how many months does a flea live', documents);
    expect(results.map(({ index }) => index)).toEqual([1, 2, 0]);
    expect(results[0]).toMatchObject({ document: documents[1], index: 1 });
    expect(results[0]!.score).toBeGreaterThan(results[1]!.score);
    expect(usage.calls).toBe(0);
  });

  test('gives back the objects that it was given', async () => {
    const given = documents.map((text, key) => ({ text, key }));
    await using reranker = createReranker({ compare: 'bm25' });
    const { results } = await reranker.rerank('flea', given, { top: 1 });
    expect(results).toHaveLength(1);
    expect(results[0]!.document).toBe(given[results[0]!.index]);
  });

  test('any documents come back once each, in an order of falling scores', async () => {
    await using reranker = createReranker({ compare: 'bm25' });
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.array(fc.string(), { maxLength: 30 }), async (query, texts) => {
        const { results } = await reranker.rerank(query, texts);
        expect(results.map(({ index }) => index).sort((a, b) => a - b)).toEqual(texts.map((_, i) => i));
        results.forEach(({ score }, rank) => {
          if (rank > 0) expect(score).toBeLessThanOrEqual(results[rank - 1]!.score);
        });
      }),
      { numRuns: 50 },
    );
  });

  test('a listwise comparator gets windows, an absolute one each passage alone', async () => {
    const many = Array.from({ length: 30 }, (_, index) => `text ${index}`);
    const listwise = stubComparator({ absolute: false, provenance: { promptId: 'p' } });
    await createReranker({ compare: listwise }).rerank('q', many);
    expect(Math.max(...listwise.groups)).toBe(20);
    const absolute = stubComparator({ absolute: true });
    await createReranker({ compare: absolute }).rerank('q', many);
    expect(absolute.groups).toEqual(many.map(() => 1));
    const pairwise = {
      ...stubComparator({ absolute: false, provenance: { promptId: 'p' } }),
      name: 'pairwise',
    };
    await createReranker({ compare: pairwise }).rerank('q', many);
    expect(new Set(pairwise.groups)).toEqual(new Set([2]));
  });

  test('with an interpolation the order given counts beside the reranker', async () => {
    const documents = ['nothing here', 'fleas', 'fleas and fleas'];
    const orderOf = async (interpolation?: number) => {
      const reranker = createReranker({ compare: 'bm25', interpolation });
      return (await reranker.rerank('fleas', documents)).results.map(({ index }) => index);
    };
    const alone = await orderOf();
    expect(alone[2]).toBe(0);
    expect(await orderOf(1)).toEqual(alone);
    expect(await orderOf(0)).toEqual([0, 1, 2]);
    await expect(orderOf(2)).rejects.toMatchObject({ code: 'usage' });
  });

  test('a comparator that was given stays open', async () => {
    const given = stubComparator({ absolute: true });
    {
      await using reranker = createReranker({ compare: given });
      await reranker.rerank('q', ['a', 'b']);
    }
    expect(given.disposed).toBe(false);
  });

  test('an option that does not exist is told', () => {
    const misspelt = { comparee: 'bm25' } as CreateRerankerOptions;
    expect(() => createReranker(misspelt)).toThrowError(
      expect.objectContaining({ code: 'usage', where: 'comparee', hint: 'Did you mean "compare"?' }),
    );
  });

  test('one that was disposed of ranks nothing and opens nothing', async () => {
    const reranker = createReranker({ compare: 'bm25' });
    await reranker.rerank('q', ['a']);
    await reranker[Symbol.asyncDispose]();
    await reranker[Symbol.asyncDispose]();
    const ended = { code: 'usage', message: expect.stringContaining('disposed') };
    await expect(reranker.rerank('q', ['a'])).rejects.toMatchObject(ended);
    await expect(reranker.open()).rejects.toMatchObject(ended);
  });

  test('what cannot be opened is an error each time it is asked for', async () => {
    const reranker = createReranker({ compare: 'student:/nowhere' });
    const missing = {
      code: 'usage',
      where: 'student:/nowhere',
      hint: expect.stringContaining('student:FOLDER'),
    };
    await expect(reranker.rerank('q', ['a'])).rejects.toMatchObject(missing);
    await expect(reranker.rerank('q', ['a'])).rejects.toMatchObject(missing);
    await expect(createReranker({ compare: 'student:' }).rerank('q', ['a'])).rejects.toMatchObject({
      code: 'usage',
    });
    await expect(createReranker({ compare: 'frist' }).rerank('q', ['a'])).rejects.toMatchObject({
      code: 'unknown-name',
    });
    for (const compare of ['lexical', 'lexcial']) {
      await expect(createReranker({ compare }).rerank('q', ['a'])).rejects.toMatchObject({
        code: 'unknown-name',
        where: compare,
        hint: 'Did you mean "student:lexical"?',
      });
    }
    await expect(createReranker({ compare: 'bm25:7' }).rerank('q', ['a'])).rejects.toMatchObject({
      code: 'usage',
    });
    expect(() => createReranker({ method: 'slidng' })).toThrowError(
      expect.objectContaining({ code: 'unknown-name' }),
    );
  });

  test('bad documents are named by their place', async () => {
    const reranker = createReranker({ compare: 'bm25' });
    await expect(reranker.rerank('q', ['a', null as unknown as string])).rejects.toMatchObject({
      code: 'usage',
      where: 'documents[1]',
    });
    const twice = [
      { id: 'x', text: 'a' },
      { id: 'x', text: 'b' },
    ];
    await expect(reranker.rerank('q', twice)).rejects.toMatchObject({ code: 'duplicate-id' });
  });

  test('ids that look like the names of places are no trouble', async () => {
    const reranker = createReranker({ compare: 'bm25' });
    const ids = fc.oneof(fc.constantFrom('#0', '#1', '#2', '##0', '##1', '#', ''), fc.string());
    const document = fc.oneof(
      fc.string(),
      fc.record({ id: ids, text: fc.string() }),
      fc.record({ text: fc.string() }),
    );
    const idOf = (one: string | object) => (typeof one === 'object' && 'id' in one ? one.id : undefined);
    const list = fc.uniqueArray(document, { maxLength: 12, selector: (one) => idOf(one) ?? Symbol('none') });
    await fc.assert(
      fc.asyncProperty(list, async (given) => {
        const { results } = await reranker.rerank('q', given);
        expect(results.map(({ index }) => index).sort((a, b) => a - b)).toEqual(given.map((_, i) => i));
        for (const { document: back, index } of results) expect(back).toBe(given[index]);
      }),
      { numRuns: 200, examples: [[[{ id: '#1', text: 'a' }, 'b', { id: '##2', text: 'c' }]]] },
    );
  });

  test('an id that is no text is told', async () => {
    const numbered = [{ id: 7, text: 'a' }] as unknown as { id: string; text: string }[];
    await expect(createReranker({ compare: 'bm25' }).rerank('q', numbered)).rejects.toMatchObject({
      code: 'usage',
      where: 'documents[0].id',
    });
  });

  test('what a caller without types can get wrong is told', async () => {
    const reranker = createReranker({ compare: 'bm25' });
    const rejects = (query: unknown, documents: unknown, options?: object) =>
      expect(reranker.rerank(query as string, documents as string[], options)).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringMatching(/query|documents|top/),
      });
    for (const query of [undefined, null, 7, {}]) await rejects(query, ['a']);
    for (const list of [undefined, null, 'a', { length: 1 }]) await rejects('q', list);
    for (const top of [-1, 1.5, Number.NaN, null, '2']) await rejects('q', ['a', 'b'], { top });
    const { results } = await reranker.rerank('q', ['a', 'b'], { top: 0 });
    expect(results).toEqual([]);
  });

  test("an abort reaches the caller, and leaves the reranker's opening to others", async () => {
    const reranker = createReranker({ compare: 'bm25' });
    const reason = new Error('enough');
    await expect(reranker.rerank('q', ['a'], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(reranker.rerank('q', ['a'])).resolves.toMatchObject({ results: [{ index: 0 }] });
  });
});

test('an abort is seen while many long texts are taken apart', async () => {
  const reranker = createReranker({ compare: 'bm25' });
  const long = documents.join(' ').repeat(200);
  const many = Array.from({ length: 2000 }, (_, index) => `${index} ${long}`);
  const reason = new Error('enough');
  const control = new AbortController();
  setTimeout(() => control.abort(reason), 50);
  await expect(reranker.rerank('flea', many, { signal: control.signal })).rejects.toBe(reason);
});

test('rerank without any setting ranks, or says why the bundled student did', async () => {
  // Without a network and without weights the second; with them the first. Both rank.
  const { results, warnings } = await rerank('how many months does a flea live', documents);
  expect(results.map(({ index }) => index)[0]).toBe(1);
  for (const { code } of warnings) expect(code).toBe('no-encoder');
});

test("the process's own reranker ranks again after somebody disposed of it", async () => {
  const { reranker } = await openDefaultReranker();
  await reranker[Symbol.asyncDispose]();
  const { results } = await rerank('how many months does a flea live', documents);
  expect(results).toHaveLength(3);
});
