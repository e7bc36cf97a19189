import { expect, test } from 'vitest';
import type { Passage } from '../../../src/core/passage.js';
import { corpusOf } from '../../../src/generate/corpus.js';
import type { Judge } from '../../../src/generate/judge/judge.js';
import { type MineNegativesOptions, mineNegatives } from '../../../src/generate/negatives/mine-negatives.js';
import type { Retriever } from '../../../src/retrieval/retriever.js';

const query = { id: 'q', text: 'anything' };
const text = (i: number) => Array.from({ length: 20 }, (_, word) => `p${i}w${word}`).join(' ');
const passages: Passage[] = Array.from({ length: 100 }, (_, i) => ({ id: `p${i}`, text: text(i) }));
const positive = passages[2]!;
/** p0, p1, … with scores 100, 99, …: the positive has rank 3 and score 98. */
const retriever: Retriever = {
  name: 'bm25',
  search: async (_, k) => passages.slice(0, k).map(({ id }, i) => ({ id, score: 100 - i })),
};
const mine = (
  options: Partial<MineNegativesOptions> = {},
  positives: readonly Passage[] = [positive],
  list = passages,
) => mineNegatives({ query, positives }, { retriever, corpus: corpusOf(list), seed: 7, ...options });
const ids = ({ passages: found }: Awaited<ReturnType<typeof mine>>, kind = 'hard-negative') =>
  found.filter((item) => item.kind === kind).map(({ passage }) => passage.id);

test('from the band only, never the positive; random ones from outside the retrieved', async () => {
  const mined = await mine({ band: [2, 8], count: 6, random: 4 });
  expect(ids(mined).sort()).toEqual(['p1', 'p3', 'p4', 'p5', 'p6', 'p7']);
  expect(mined.rejected).toEqual(['is-positive']);
  const random = ids(mined, 'random').map((id) => Number(id.slice(1)));
  expect(random).toHaveLength(4);
  expect(Math.min(...random)).toBeGreaterThanOrEqual(8);
  expect(mined.passages[0]).toMatchObject({ grade: 0, origin: 'mined:bm25' });
  expect(await mine({ band: [2, 8], count: 6, random: 4 })).toEqual(mined);
});

test('from the top when asked, and seeded otherwise', async () => {
  expect(ids(await mine({ band: [4, 50], count: 3, pick: 'top' }))).toEqual(['p3', 'p4', 'p5']);
  expect(ids(await mine({ count: 5 }))).not.toEqual(ids(await mine({ count: 5, seed: 8 })));
});

test.each([
  [{ belowShare: 0.95 }, 'p7'], // 98 × .95 = 93.1: p7 has 93
  [{ belowMargin: 4 }, 'p7'],
  [{ belowMargin: 10, belowShare: 0.99 }, 'p13'],
])('%j: the first that scores below is %s', async (thresholds, first) => {
  const mined = await mine({ ...thresholds, band: [1, 50], count: 1, pick: 'top', random: 0 });
  expect(ids(mined)).toEqual([first]);
  expect(mined.rejected.filter((reason) => reason === 'too-close-to-positive').length).toBe(
    Number(first.slice(1)) - 1,
  );
});

test('near-duplicates of the positive are no negatives, mined or random', async () => {
  const copy = { id: 'p5', text: `${positive.text} again` };
  const copies = passages.map((passage, i) =>
    i === 5 ? copy : i >= 50 ? { ...passage, text: positive.text } : passage,
  );
  const mined = await mine({ band: [4, 8], count: 9, random: 3 }, [positive], copies);
  expect(ids(mined)).not.toContain('p5');
  expect(mined.rejected).toEqual(['repeats-positive']);
  for (const id of ids(mined, 'random')) expect(Number(id.slice(1))).toBeLessThan(50);
});

test.each(['drop', 'relabel'] as const)(
  '%s: what repeats a false negative is not drawn at random',
  async (onFalseNegative) => {
    // All but ten of the passages that may be drawn repeat p3, which the judge finds relevant.
    const list = passages.map((passage, i) => (i >= 20 ? { ...passage, text: text(3) } : passage));
    const judge: Judge = async (_, { id }) => ({ grade: id === 'p3' ? 3 : 0, score: 0, ledgerKeys: [] });
    const mined = await mine(
      { judge, onFalseNegative, band: [4, 10], count: 2, pick: 'top', random: 3 },
      [positive],
      list,
    );
    expect(ids(mined, 'random')).toHaveLength(3);
    for (const id of ids(mined, 'random')) expect(Number(id.slice(1))).toBeLessThan(20);
  },
);

test('the judge drops or relabels false negatives, keeps their true grade, and is asked no more than needed', async () => {
  const asked: string[] = [];
  const grade = (id: string) => ({ p3: 3, p4: 1, p5: undefined, p6: 0 })[id] as 0 | 1 | 3 | undefined;
  const judge: Judge = async (_, { id }) => {
    asked.push(id);
    return { grade: grade(id), score: 0, ledgerKeys: [`key-${id}`] };
  };
  const dropped = await mine({ judge, band: [4, 50], count: 2, pick: 'top', random: 0 });
  expect(dropped.passages.map(({ passage, grade: given }) => [passage.id, given])).toEqual([
    ['p4', 1],
    ['p6', 0],
  ]);
  expect(dropped.rejected).toEqual(['false-negative', 'judge-unknown']);
  expect(asked).toEqual(['p3', 'p4', 'p5', 'p6']);
  expect(dropped.ledgerKeys).toEqual(['key-p3', 'key-p4', 'key-p5', 'key-p6']);
  const kept = await mine({
    judge,
    band: [4, 50],
    count: 1,
    pick: 'top',
    random: 0,
    onFalseNegative: 'relabel',
  });
  expect(kept.passages).toMatchObject([{ grade: 3, kind: 'positive', origin: 'mined:bm25' }]);
});

test('a positive that was not found: thresholds let nothing in, unless a judge does', async () => {
  const lost = { id: 'elsewhere', text: 'quite another text' };
  const closed = await mine({ belowShare: 0.9, count: 3, random: 0 }, [lost]);
  expect(closed.passages).toEqual([]);
  expect(closed.notes).toEqual(['positive-not-retrieved', 'too-few-mined']);
  const judge: Judge = async () => ({ grade: 0, score: 0, ledgerKeys: [] });
  expect((await mine({ belowShare: 0.9, count: 3, random: 0, judge }, [lost])).passages).toHaveLength(3);
});

test('a corpus of two documents, or an empty one, gives what there is and says so', async () => {
  const two = await mine({}, [passages[0]!], passages.slice(0, 2));
  expect(two.passages.length).toBeLessThanOrEqual(1);
  expect(two.notes).toContain('too-few-mined');
  const none = await mine({ retriever: { name: 'none', search: async () => [] } }, [positive], []);
  expect(none).toMatchObject({ passages: [], notes: ['too-few-mined', 'too-few-random'] });
});
