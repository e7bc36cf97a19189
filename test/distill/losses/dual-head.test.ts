import fc from 'fast-check';
import { expect, test } from 'vitest';
import { combineHeads, dualHead, headObjectives } from '../../../src/distill/losses/dual-head.js';
import { klDivergence } from '../../../src/distill/losses/kl-divergence.js';
import { listMle } from '../../../src/distill/losses/list-mle.js';
import { parseLossMix } from '../../../src/distill/losses/loss-mix.js';
import { centralDifferences, isNear, sampleLists } from './sample-lists.js';

test('each head has the gradient of its own loss and hears nothing of the other', () => {
  fc.assert(
    fc.property(sampleLists(), sampleLists(), ([ranking, t], [other]) => {
      const probability = ranking.map((_, i) => other[i % other.length]!);
      const p = t.map((one) => one / 3);
      const loss = dualHead({ ranking, probability }, { t, p }, klDivergence, { balance: 0.3 });
      const at = (r: Float64Array, z: Float64Array) =>
        dualHead({ ranking: r, probability: z }, { t, p }, klDivergence, { balance: 0.3 }).value;
      const ofRanking = centralDifferences((r) => at(r, probability), ranking);
      const ofProbability = centralDifferences((z) => at(ranking, z), probability);
      expect(ofRanking.every((one, i) => isNear(one, loss.grads.ranking[i]!))).toBe(true);
      expect(ofProbability.every((one, i) => isNear(one, loss.grads.probability[i]!))).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test('over batches each head has its own loss too, weighed alike', () => {
  const list = { logits: Float64Array.of(2, 1, 0), probabilities: Float64Array.of(1, 0.5, 0) };
  const targets = { ...list, order: list.logits, grades: list.logits };
  const heads = { ranking: Float64Array.of(0, 1, 2), probability: Float64Array.of(1, -1, 0) };
  const [ranking, probability] = headObjectives(parseLossMix('kl'), { balance: 0.3 });
  const whole = dualHead(heads, { t: list.logits, p: list.probabilities }, klDivergence, { balance: 0.3 });
  const [first, second] = [
    ranking([{ scores: heads.ranking, targets }]),
    probability([{ scores: heads.probability, targets }]),
  ];
  expect(first.value + second.value).toBeCloseTo(whole.value, 12);
  expect(first.grads).toEqual([whole.grads.ranking]);
  expect(second.grads).toEqual([whole.grads.probability]);
});

test('weights go to both heads', () => {
  const heads = { ranking: Float64Array.of(0, 1, 2), probability: Float64Array.of(1, -1, 0) };
  const targets = { t: Float64Array.of(2, 1, 0), p: Float64Array.of(1, 0, 0) };
  const weights = Float64Array.of(1, 0, 0);
  const { grads } = dualHead(heads, targets, listMle, { weights });
  expect([...grads.probability.slice(1)]).toEqual([0, 0]);
  expect(grads.ranking[0]).toBeLessThan(0);
});

test('combined scores sum to 1 and go from one head to the other', () => {
  const heads = { ranking: Float64Array.of(3, 0, 0), probability: Float64Array.of(-4, 2, -900) };
  for (const share of [0, 0.3, 1]) {
    expect(combineHeads(heads, share).reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 12);
  }
  const best = (scores: Float64Array) => scores.indexOf(Math.max(...scores));
  expect([best(combineHeads(heads, 1)), best(combineHeads(heads, 0))]).toEqual([0, 1]);
  const impossible = { ranking: Float64Array.of(1, 0), probability: Float64Array.of(-1e4, -1e4) };
  expect(combineHeads(impossible, 0)).toEqual(Float64Array.of(0, 0));
});

test('values worked out by hand', () => {
  const heads = { ranking: Float64Array.of(0, 0), probability: Float64Array.of(0, 0) };
  const targets = { t: Float64Array.of(Math.log(3), 0), p: Float64Array.of(1, 0) };
  // KL of (3/4, 1/4) and (1/2, 1/2) is 3/4 ln 3/2 + 1/4 ln 1/2; both items' cross-entropy is ln 2.
  expect(dualHead(heads, targets, klDivergence, { balance: 0.3 }).value).toBeCloseTo(0.33875619, 8);
  const scored = { ranking: Float64Array.of(Math.log(3), 0), probability: Float64Array.of(0, Math.log(3)) };
  // A quarter of (3/4, 1/4) and three of (2/5, 3/5).
  const [first, second] = combineHeads(scored, 0.25);
  expect([first, second]).toEqual([expect.closeTo(0.4875, 12), expect.closeTo(0.5125, 12)]);
});
