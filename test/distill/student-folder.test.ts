import { mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sigmoid } from '../../src/core/logistic.js';
import { createFeatureExtractor } from '../../src/distill/features/extractor.js';
import { makeStudent, withCard } from '../../src/distill/make-student.js';
import { createScorer } from '../../src/distill/student.js';
import { studentComparator } from '../../src/distill/student-comparator.js';
import { loadStudent, saveStudent } from '../../src/distill/student-folder.js';
import {
  type StudentKind,
  scoreFeatures,
  scoreHeads,
  studentKinds,
} from '../../src/distill/students/scorer.js';
import type { TrainingSettings } from '../../src/distill/students/training-settings.js';
import { trainStudent } from '../../src/distill/train-student.js';
import { buildTrainingLists } from '../../src/distill/training-list.js';
import { openOnnxSession } from '../../src/models/onnx/session.js';
import { createAnalyser } from '../../src/retrieval/analyser.js';
import { termStatistics } from '../../src/retrieval/bm25.js';

const words = 'apple bread cheese date egg fig grape honey ice juice kale lemon'.split(' ');
const passages = Array.from({ length: 40 }, (_, i) => ({
  id: `p${i}`,
  text: Array.from({ length: 3 + (i % 7) }, (_, k) => words[(i * 5 + k * 3) % 12]!).join(' '),
}));
const queries = Array.from({ length: 12 }, (_, q) => ({
  id: `q${q}`,
  text: `${words[q]} ${words[(q + 5) % 12]}`,
}));
const statistics = termStatistics(passages, createAnalyser('english'));
// The teacher wants short passages, which BM25 alone does not.
const items = queries.map((query, q) => {
  const own = passages.filter((_, i) => (i + q) % 3 === 0);
  return { query, passages: own, labels: own.map(({ text }) => -text.length) };
});
const extractor = createFeatureExtractor({ statistics, dense: false });

async function train(kind: StudentKind, training: TrainingSettings = {}) {
  const lists = await buildTrainingLists(items, extractor);
  const trained = await trainStudent(lists, {
    kind,
    features: extractor.set,
    labels: 'scores',
    seed: 3,
    folds: 3,
    training,
  });
  return makeStudent(trained, lists, {
    name: 'mine',
    kind,
    features: extractor.set,
    statistics,
    labels: 'scores',
    seed: 3,
    command: 'rankforge distill',
  });
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'student-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe.each(studentKinds)('%s', (kind) => {
  test('comes back from its folder with the same scores, and ONNX Runtime gives them too', async () => {
    const student = withCard(await train(kind), {
      calibration: {
        calibrator: { method: 'platt', slope: -2, offset: 0 },
        logLoss: { platt: 1, isotonic: 1 },
        error: 0.1,
        queries: 5,
        pairs: 50,
        source: 'test',
      },
      figures: { 'nDCG@10': 0.5 },
    });
    expect(student.card.training.priorOnly).toBe(false);
    await saveStudent(folder, student);
    const loaded = await loadStudent(folder);
    expect(loaded).toEqual(student);
    const own = createScorer(student)(queries[0]!, passages);
    const back = createScorer(loaded)(queries[0]!, passages);
    expect(back).toEqual(own);
    expect(back.probabilities![3]).toBeCloseTo(1 / (1 + Math.exp(-2 * back.scores[3]!)), 12);
    if (kind === 'lambdamart') return;
    const features = extractor.extract(queries[0]!, passages);
    await using session = await openOnnxSession(join(folder, 'student.onnx'), { threads: 1 });
    const { score } = await session.run({
      features: { data: Float32Array.from(features.data), shape: [features.rows, features.names.length] },
    });
    scoreFeatures(student.parameters, features).forEach((value, i) => {
      expect(score!.data[i]!).toBeCloseTo(value, 4);
    });
  });

  test('compares as a comparator, empty texts and one passage included', async () => {
    await using comparator = studentComparator(await train(kind));
    const result = await comparator.compare(queries[0]!, [
      ...passages.slice(0, 5),
      { id: 'empty', text: '' },
    ]);
    expect([...result.order].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(result.scores!.every(Number.isFinite)).toBe(true);
    expect(result.warnings).toEqual([]);
    const alone = await comparator.compare(queries[0]!, passages.slice(0, 1));
    expect(alone.order).toEqual([0]);
    expect(alone.warnings[0]!.code).toBe('student-alone');
    expect((await comparator.compare(queries[0]!, [])).order).toEqual([]);
  });
});

test('two heads come back from their folder; the second gives the probabilities, and ONNX Runtime gives both', async () => {
  const student = withCard(await train('mlp', { twoHeads: true }), {
    calibration: {
      calibrator: { method: 'platt', slope: -2, offset: 0.5 },
      ...{ error: 0.1, queries: 5, pairs: 50, source: 'test' },
    },
  });
  await saveStudent(folder, student);
  const loaded = await loadStudent(folder);
  expect(loaded).toEqual(student);
  const features = extractor.extract(queries[0]!, passages);
  const { ranking, probability } = scoreHeads(loaded.parameters, features);
  const { scores, probabilities } = createScorer(loaded)(queries[0]!, passages);
  expect(scores).toEqual([...ranking]);
  expect(probabilities).toEqual(Array.from(probability!, (one) => sigmoid(2 * one - 0.5)));
  await using session = await openOnnxSession(join(folder, 'student.onnx'), { threads: 1 });
  const { score, logit } = await session.run({
    features: { data: Float32Array.from(features.data), shape: [features.rows, features.names.length] },
  });
  for (const [row, value] of ranking.entries()) {
    expect(score!.data[row]!).toBeCloseTo(value, 4);
    expect(logit!.data[row]!).toBeCloseTo(probability![row]!, 4);
  }
});

test('the card is readable and says what is not known', async () => {
  await saveStudent(folder, await train('linear'));
  const readme = await readFile(join(folder, 'README.md'), 'utf8');
  expect(readme).toMatch(/Gate not run/);
  expect(readme).toMatch(/\| prior \| 0\.\d+ \|/);
  expect(readme).toMatch(/`rankforge distill`/);
});

describe('folders that are not whole', () => {
  test.each([
    ['no card', (dir: string) => unlink(join(dir, 'card.json')), 'missing-file'],
    ['no statistics', (dir: string) => unlink(join(dir, 'statistics.json')), 'missing-file'],
    ['cut weights', (dir: string) => writeFile(join(dir, 'student.json'), '{"kind":"lin'), 'bad-file'],
    [
      'weights of another width',
      (dir: string) => writeFile(join(dir, 'student.json'), '{"kind":"linear","weights":[1]}'),
      'bad-file',
    ],
    [
      'another feature version',
      async (dir: string) => {
        const card = JSON.parse(await readFile(join(dir, 'card.json'), 'utf8'));
        card.features.version = 99;
        await writeFile(join(dir, 'card.json'), JSON.stringify(card));
      },
      'bad-file',
    ],
    [
      'an analyser of another version',
      async (dir: string) => {
        const card = JSON.parse(await readFile(join(dir, 'card.json'), 'utf8'));
        card.analyser = 'english-0';
        await writeFile(join(dir, 'card.json'), JSON.stringify(card));
      },
      'bad-file',
    ],
  ])('%s', async (_, damage, code) => {
    await saveStudent(folder, await train('linear'));
    await damage(folder);
    await expect(loadStudent(folder)).rejects.toMatchObject({ code, where: expect.stringContaining(folder) });
  });

  interface Weights {
    readonly trees: readonly {
      readonly feature: number[];
      readonly left: number[];
      readonly leaf: number[];
    }[];
    readonly layers: readonly { readonly weights: number[] }[];
    readonly mean: number[];
  }
  test.each<[string, StudentKind, (weights: Weights) => void]>([
    ['a tree that leads back to its root', 'lambdamart', ({ trees }) => trees[0]!.left.fill(0)],
    ['a tree with a leaf too few', 'lambdamart', ({ trees }) => trees[0]!.leaf.pop()],
    ['a tree on a feature that there is not', 'lambdamart', ({ trees }) => trees[0]!.feature.fill(99)],
    [
      'a third head',
      'mlp',
      ({ layers }) => {
        const last = layers.at(-1)!;
        Object.assign(last, { outputs: 3, bias: [0, 0, 0], weights: [0, 0, 0].flatMap(() => last.weights) });
      },
    ],
    ['layers of other sizes', 'mlp', ({ layers }) => layers[0]!.weights.pop()],
    ['means of another width', 'mlp', ({ mean }) => mean.pop()],
  ])('%s', async (_, kind, damage) => {
    await saveStudent(folder, await train(kind));
    const path = join(folder, 'student.json');
    const weights = JSON.parse(await readFile(path, 'utf8'));
    damage(weights);
    await writeFile(path, JSON.stringify(weights));
    await expect(loadStudent(folder)).rejects.toMatchObject({ code: 'bad-file', where: path });
  });
});

test('a student of embeddings wants the encoder that its card names', async () => {
  const student = await train('linear');
  const dense = {
    ...student,
    card: {
      ...student.card,
      features: { ...student.card.features, dense: true },
      encoder: { id: 'minilm', dimensions: 4 },
    },
  };
  expect(() => studentComparator(dense)).toThrow(/needs minilm/);
  const other = { id: 'other', dimensions: 4, embed: async () => [], async [Symbol.asyncDispose]() {} };
  expect(() => studentComparator(dense, { encoder: other })).toThrow(
    /trained with minilm, and was given other/,
  );
});

test('a threshold that missed the precision it was chosen for is told as missed, with what that was measured on', async () => {
  const cut = { probability: 0.6, low: 0, high: 0.96, recall: 0.1, shown: 3 };
  const student = withCard(await train('linear'), {
    calibration: {
      calibrator: { method: 'platt', slope: -2, offset: 0 },
      ...{ error: 0.1, queries: 5, pairs: 50, source: 'test' },
      thresholds: [
        { ...cut, wanted: 0.3, precision: 1 / 3 },
        { ...cut, wanted: 0.5, precision: 1 / 3 },
      ],
    },
  });
  await saveStudent(folder, student);
  const readme = await readFile(join(folder, 'README.md'), 'utf8');
  expect(readme).toContain('| 30 % | 0.6000 | 33 % (0 % to 96 %) of 3 | 10 % |');
  expect(readme).toContain('| 50 % | 0.6000 | missed: 33 % (0 % to 96 %) of 3 | 10 % |');
});
