import { expect, test } from 'vitest';
import { sigmoid } from '../../../src/core/logistic.js';
import { randomStream } from '../../../src/core/random.js';
import type { FeatureSet } from '../../../src/distill/features/feature-set.js';
import { makeStudent } from '../../../src/distill/make-student.js';
import { renderCard } from '../../../src/distill/render-card.js';
import { noStatistics, StudentCard } from '../../../src/distill/student.js';
import { type StudentKind, scoreFeatures, studentKinds } from '../../../src/distill/students/scorer.js';
import { meanGain } from '../../../src/distill/students/targets.js';
import type { TrainingSettings } from '../../../src/distill/students/training-settings.js';
import { type Trained, trainStudent } from '../../../src/distill/train-student.js';
import type { TrainingList } from '../../../src/distill/training-list.js';

const rows = 20;
const features: FeatureSet = {
  version: 1,
  dense: false,
  firstStage: true,
  names: ['first_stage_z', 'bm25_z', 'hidden'],
};

interface Simulated {
  readonly list: TrainingList;
  readonly relevant: readonly boolean[];
}

/**
 * `bm25_z` and `hidden` say alike what is relevant, the order of the first stage nothing. Of the relevant some are judged so, and all else
 * is unjudged.
 */
function simulate(
  count: number,
  judgedOf: (
    relevant: readonly boolean[],
    given: { readonly random: { next(): number }; readonly lexical: readonly number[] },
  ) => readonly boolean[],
  seed = 1,
): Simulated[] {
  return Array.from({ length: count }, (_, query) => {
    const random = randomStream(seed, 'sparse', query);
    const lexical = Array.from({ length: rows }, () => random.normal());
    const hidden = lexical.map(() => random.normal());
    const relevant = lexical.map((a, row) => random.next() < sigmoid(4 * (a + hidden[row]!) - 4));
    const judged = judgedOf(relevant, { random, lexical });
    const list = {
      queryId: `q${query}`,
      features: {
        names: features.names,
        rows,
        data: Float64Array.from(lexical.flatMap((a, row) => [(rows / 2 - row) / 6, a, hidden[row]!])),
      },
      labels: Float64Array.from(judged, (one) => (one ? 1 : 0)),
      unjudged: judged.map((one) => !one),
    };
    return { list, relevant };
  });
}

/** Judges see the top of the first stage. */
const pooled = simulate(60, (relevant, { random }) =>
  relevant.map((one, row) => one && random.next() < (row < 5 ? 0.9 : 0.1)),
);
/** Judges found one, that which BM25 puts lowest. */
const overlooked = simulate(40, (relevant, { lexical }) => {
  const found = relevant.flatMap((one, row) => (one ? [row] : []));
  const last = found.reduce((low, row) => (lexical[row]! < lexical[low]! ? row : low), found[0] ?? -1);
  return relevant.map((_, row) => row === last);
});
const unseen = simulate(100, (relevant) => relevant, 99);

const listsOf = (all: readonly Simulated[]) => all.map(({ list }) => list);
const options = { features, labels: 'grades', seed: 7, folds: 2, prior: { bm25_z: 1 } } as const;
const train = (own: readonly Simulated[], training: TrainingSettings, kind: StudentKind = 'linear') =>
  trainStudent(listsOf(own), { ...options, kind, training });
/** nDCG@10 by all that is relevant. */
const quality = ({ parameters }: Pick<Trained, 'parameters'>): number =>
  meanGain(
    unseen.map(({ list }) => scoreFeatures(parameters, list.features)),
    unseen.map(({ relevant }) => Float64Array.from(relevant, Number)),
  );
const ideal = quality({ parameters: { kind: 'linear', weights: [0, 1, 1] } });

test.each(['info-nce', 'rank-net'])(
  'where judges saw the top of the first stage, %s with weights does not learn its order',
  async (loss) => {
    const plain = await train(pooled, { loss });
    const weighed = await train(pooled, { loss, falseNegatives: 'weigh' });
    expect(quality(plain)).toBeLessThan(ideal - 0.1);
    expect(quality(weighed)).toBeGreaterThan(quality(plain) + 0.03);
    const { rates, ...facts } = weighed.falseNegatives!;
    expect(facts).toEqual({ way: 'weigh', unjudged: 905 });
    expect(rates![0]).toBeGreaterThan(0.9);
    expect(Math.max(...rates!.slice(1))).toBeLessThan(0.5);
  },
);

test.each(studentKinds)(
  'where judges overlooked what ranks high, %s without it learns the order',
  async (kind) => {
    const plain = await train(overlooked, {}, kind);
    const dropped = await train(overlooked, { falseNegatives: 'drop' }, kind);
    expect(quality(plain)).toBeLessThan(ideal - 0.2);
    expect(quality(dropped)).toBeGreaterThan(quality(plain) + 0.2);
    expect(dropped.falseNegatives).toEqual({ way: 'drop', unjudged: 741, dropped: 446 });
    // Held-out scores are of whole lists.
    expect(dropped.heldOutScores.get('q1')).toHaveLength(rows);
  },
);

test('what was judged not relevant stays, as low or as high as it may rank', async () => {
  const judged = overlooked.map(({ list, ...one }) => ({
    ...one,
    list: { ...list, unjudged: list.unjudged!.map(() => false) },
  }));
  const dropped = await train(judged, { falseNegatives: 'drop' });
  expect(dropped.falseNegatives).toEqual({ way: 'drop', unjudged: 0, dropped: 0 });
  expect(dropped.parameters).toEqual((await train(judged, {})).parameters);
});

test.each([
  ['weigh', 'kl', { kind: 'linear' }, /loss "kl" has no weights/],
  ['weigh', 'info-nce', { kind: 'lambdamart' }, /has no setting "loss"/],
  ['weigh', undefined, { kind: 'lambdamart' }, /has no setting "falseNegatives" of "weigh"/],
  ['drop', 'kl', { kind: 'linear', prior: {} }, /no untrained ranking/],
] as const)('%s with %s, %j is refused before anything is trained', async (way, loss, more, message) => {
  const training = { loss, falseNegatives: way };
  await expect(trainStudent(listsOf(pooled), { ...options, training, ...more })).rejects.toThrow(
    expect.objectContaining({ code: 'unsupported', message: expect.stringMatching(message) }),
  );
});

test('lists that do not say what nobody judged are refused', async () => {
  const silent = listsOf(pooled).map(({ unjudged: _, ...list }) => list);
  const training = { falseNegatives: 'drop' } as const;
  await expect(trainStudent(silent, { ...options, kind: 'linear', training })).rejects.toThrow(
    expect.objectContaining({ code: 'unsupported', where: 'q0', hint: expect.stringMatching(/judgements/) }),
  );
});

test('the card says what was done', async () => {
  const cardOf = (trained: Trained): StudentCard => {
    const details = { name: 'x', kind: 'linear', features, statistics: noStatistics } as const;
    return StudentCard.parse(
      structuredClone(makeStudent(trained, listsOf(pooled), { ...details, labels: 'grades', seed: 7 }).card),
    );
  };
  const dropped = cardOf(await train(overlooked, { falseNegatives: 'drop' }));
  expect(renderCard(dropped)).toContain(
    '| false negatives | left out 446 of 741 passages that nobody judged',
  );
  const weighed = cardOf(await train(pooled, { loss: 'info-nce', falseNegatives: 'weigh' }));
  expect(renderCard(weighed)).toMatch(
    /\| false negatives \| 905 passages that nobody judged, weighed; .*: 0\.99 0\.42 0\.26 0\.26 \|/,
  );
});
