import { expect, test } from 'vitest';
import { openFirstStage } from '../../src/pipeline/first-stage.js';
import { trainStudents } from '../../src/pipeline/train-students.js';
import { calibrate } from '../../src/rerank/calibration/calibrate.js';

const words = 'apple bread cheese date egg fig grape honey ice juice kale lemon'.split(' ');
const passages = Array.from({ length: 40 }, (_, i) => ({
  id: `p${i}`,
  text: Array.from({ length: 3 + (i % 7) }, (_, k) => words[(i * 5 + k * 3) % 12]!).join(' '),
}));
// Short passages are relevant, which BM25 alone does not see.
const lists = words.map((word, q) => {
  const own = passages.filter((_, i) => (i + q) % 3 === 0);
  const query = { id: `q${q}`, text: `${word} ${words[(q + 5) % 12]}` };
  return { query, passages: own, labels: own.map(({ text }) => Math.max(0, 3 - text.split(' ').length / 3)) };
});
const relevance = new Map(
  lists.map(({ query, passages: own }, q) => [
    query.id,
    new Map(own.map(({ id, text }, i) => [id, text.split(' ').length < 6 + ((q + i) % 3) - 1])),
  ]),
);

test('probabilities of other queries than those that were learned from come from the second head too', async () => {
  await using firstStage = await openFirstStage(new Map(passages.map((one) => [one.id, one])), {
    encoder: 'none',
  });
  const [made] = await trainStudents({
    ...{
      kinds: ['mlp'],
      lists: lists.slice(0, 7),
      others: lists.slice(7),
      labels: 'grades',
      firstStage,
      seed: 3,
    },
    relevance: new Map([...relevance].slice(7)),
    training: { twoHeads: true },
  });
  const { heldOutLogits } = made!.trained;
  expect([...heldOutLogits!.keys()]).toEqual(lists.map(({ query }) => query.id));
  expect(made!.student.card.calibration).toMatchObject({ queries: 5 });
});

test.each([true, false])(
  'probabilities are fitted on the second head where there is one: %s',
  async (twoHeads) => {
    await using firstStage = await openFirstStage(new Map(passages.map((one) => [one.id, one])), {
      encoder: 'none',
    });
    const [made] = await trainStudents({
      ...{ kinds: ['mlp', 'linear'], lists, labels: 'grades', firstStage, seed: 3, relevance },
      training: twoHeads ? { twoHeads } : {},
    });
    const { heldOutLogits, heldOutScores } = made!.trained;
    expect(heldOutLogits !== undefined).toBe(twoHeads);
    const judged = lists.map(({ query, passages: own }) => ({
      queryId: query.id,
      scores: (heldOutLogits ?? heldOutScores).get(query.id)!,
      relevant: own.map(({ id }) => relevance.get(query.id)!.get(id)!),
    }));
    expect(made!.student.card.calibration!.calibrator).toEqual(calibrate(judged, { seed: 3 }).calibrator);
  },
);
