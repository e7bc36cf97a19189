import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeStudent } from '../../../src/distill/make-student.js';
import { openScorer } from '../../../src/distill/open-scorer.js';
import { createScorer, type Student } from '../../../src/distill/student.js';
import { studentComparator } from '../../../src/distill/student-comparator.js';
import { loadStudent, saveStudent } from '../../../src/distill/student-folder.js';
import { fineTunedCrossEncoder, tinyCrossEncoder } from '../../../src/distill/students/cross-encoder.js';
import { staticArchitecture } from '../../../src/distill/students/static.js';
import { openReader } from '../../../src/distill/texts/open-reader.js';
import type { TextArchitecture } from '../../../src/distill/texts/text-architecture.js';
import { trainTextStudent } from '../../../src/distill/texts/train-text-student.js';
import { withoutFeatures } from '../../../src/distill/texts/without-features.js';
import { createAnalyser } from '../../../src/retrieval/analyser.js';
import { termStatistics } from '../../../src/retrieval/bm25.js';
import { temporaryFolder } from '../../formats/temporary-folder.js';
import { writeTinyBert } from '../../models/encoder/tiny-bert.js';
import { featuresOf, matchingLists, textsOf } from './synthetic-texts.js';

const lists = matchingLists(16);
const texts = textsOf(lists);
const statistics = termStatistics(
  texts.map((text, i) => ({ id: `${i}`, text })),
  createAnalyser('english'),
);

// biome-ignore lint/suspicious/noExplicitAny: rows of different kinds
type AnyArchitecture = TextArchitecture<any>;
const architectures = {
  bag: () => staticArchitecture(texts, { seed: 1, width: 32, buckets: 16 }),
  late: () => staticArchitecture(texts, { seed: 1, width: 32, buckets: 16, interaction: 'late' }),
  tiny: () => tinyCrossEncoder(texts, { seed: 1, vocabulary: 300, hidden: 32, layers: 1, maxTokens: 48 }),
  'fine-tuned': async () =>
    fineTunedCrossEncoder({
      seed: 1,
      weights: { id: 'tiny', folder: await writeTinyBert() },
      precision: 'float32',
    }),
} satisfies Record<string, () => AnyArchitecture | Promise<AnyArchitecture>>;

async function makeOne(name: keyof typeof architectures): Promise<Student> {
  const architecture: AnyArchitecture = await architectures[name]();
  const features = featuresOf(lists);
  const options = { features, labels: 'scores', seed: 1, threads: 1, epochs: 1, folds: 2 } as const;
  const trained = await trainTextStudent(lists, architecture, options);
  const { tape } = architecture.build({ dropout: false });
  return {
    ...makeStudent({ ...trained, priorOnly: false }, lists, {
      ...{ name: 'mine', kind: architecture.kind, features, statistics, labels: 'scores', seed: 1 },
    }),
    // The prior takes part, whatever held-out queries said.
    parameters: { kind: 'linear', weights: features.names.map((feature) => (feature === 'bm25_z' ? 1 : 0)) },
    reader: architecture.finish(architecture.start(tape)),
  };
}

const [{ query, passages }] = lists as [(typeof lists)[number]];
const candidates = [...passages, ''].map((text, i) => ({ id: `p${i}`, text }));

describe.each(Object.keys(architectures) as (keyof typeof architectures)[])('%s', (name) => {
  test('comes back from its folder with the same scores, as a comparator too', async () => {
    const student = await makeOne(name);
    const folder = temporaryFolder();
    // What an earlier student left is not taken for this one's.
    await saveStudent(folder, student);
    await saveStudent(folder, student);
    const loaded = await loadStudent(folder);
    expect(loaded.card).toEqual(student.card);
    await using own = await openScorer(student, { threads: 1 });
    await using back = await openScorer(loaded, { threads: 1 });
    const { scores } = await own.score({ text: query }, candidates);
    expect((await back.score({ text: query }, candidates)).scores).toEqual(scores);
    await using reader = await openReader(student.reader!, { threads: 1 });
    const read = await reader.score(
      query,
      candidates.map(({ text }) => text),
    );
    const prior = createScorer({ ...student, reader: undefined })({ text: query }, candidates).scores;
    for (const [i, score] of scores.entries()) expect(score).toBeCloseTo(read[i]! + prior[i]!, 10);

    await using comparator = studentComparator(withoutFeatures(loaded));
    expect(comparator.absolute).toBe(true);
    const compared = await comparator.compare({ id: 'q', text: query }, candidates);
    expect(compared.scores).toEqual([...read]);
    const alone = await comparator.compare({ id: 'q', text: query }, candidates.slice(0, 1));
    expect(alone.warnings).toEqual([]);
    // int8 activations are scaled by what else is in the batch.
    expect(alone.scores![0]!).toBeCloseTo(read[0]!, name === 'tiny' ? 3 : 5);
    expect((await comparator.compare({ id: 'q', text: query }, [])).order).toEqual([]);
    await expect(
      comparator.compare({ id: 'q', text: query }, candidates, { signal: AbortSignal.abort() }),
    ).rejects.toThrow();
  });

  test('a folder without its reader, or with a damaged one, is refused', async () => {
    const student = await makeOne(name);
    const folder = temporaryFolder();
    await saveStudent(folder, student);
    await writeFile(join(folder, 'reader', 'reader.json'), '{"kind":');
    const damaged = await loadStudent(folder);
    await expect(openScorer(damaged)).rejects.toMatchObject({ code: 'bad-file' });
    await rm(join(folder, 'reader'), { recursive: true });
    await expect(loadStudent(folder)).rejects.toMatchObject({ code: 'bad-file' });
    expect(() => createScorer(student)).toThrow(/reads texts/);
  });
});

test('a fine-tuned cross-encoder carries a copy for sentence-transformers; one that reads marks does not', async () => {
  const files = async (name: keyof typeof architectures) => [...(await makeOne(name)).reader!.files.keys()];
  expect(await files('fine-tuned')).toContain('transformers/model.safetensors');
  expect((await files('tiny')).some((path) => path.startsWith('transformers'))).toBe(false);
});

const python = process.env.RANKFORGE_PYTHON;
const has = (module: string): boolean =>
  python !== undefined && spawnSync(python, ['-c', `import ${module}`], { stdio: 'ignore' }).status === 0;

const crossEncoderScript = `
import json, sys, torch
from sentence_transformers import CrossEncoder
folder, pairs = json.load(sys.stdin)
model = CrossEncoder(folder, device="cpu")
print(json.dumps(model.predict(pairs, activation_fn=torch.nn.Identity()).tolist()))
`;

test.skipIf(!has('sentence_transformers'))(
  'a fine-tuned cross-encoder scores in sentence-transformers as here (needs RANKFORGE_PYTHON with it)',
  { timeout: 300_000 },
  async () => {
    const student = await makeOne('fine-tuned');
    const folder = temporaryFolder();
    await saveStudent(folder, student);
    const path = join(folder, 'reader', 'transformers');
    expect(existsSync(path)).toBe(true);
    const pairs = ['red cats', 'a green dog and a blue cat', ''].map((text) => ['blue cat', text]);
    await using reader = await openReader(student.reader!, { threads: 1 });
    const own = await reader.score(
      'blue cat',
      pairs.map(([, text]) => text!),
    );
    const { stdout } = spawnSync(python!, ['-c', crossEncoderScript], {
      input: JSON.stringify([path, pairs]),
    });
    const theirs = JSON.parse(stdout.toString()) as number[];
    for (const [i, score] of theirs.entries()) expect(own[i]!).toBeCloseTo(score, 4);
    expect(new Set(theirs).size).toBe(3);
  },
);

const onnxScript = `
import json, sys
import numpy as np, onnxruntime
path, feeds = json.load(sys.stdin)
session = onnxruntime.InferenceSession(path)
types = {"tensor(int64)": np.int64, "tensor(float)": np.float32}
inputs = {each.name: np.array(feeds[each.name]["data"], types[each.type]).reshape(feeds[each.name]["shape"]) for each in session.get_inputs()}
print(json.dumps(session.run(None, inputs)[0].tolist()))
`;

describe.skipIf(!has('onnxruntime'))(
  "in Python's ONNX Runtime (needs RANKFORGE_PYTHON with onnxruntime)",
  () => {
    test.each(Object.keys(architectures) as (keyof typeof architectures)[])(
      '%s has the scores that it has here',
      { timeout: 60_000 },
      async (name) => {
        const student = await makeOne(name);
        const folder = temporaryFolder();
        await saveStudent(folder, student);
        const architecture: AnyArchitecture = await architectures[name]();
        const given = architecture.feeds(architecture.read(query, passages));
        const feeds = Object.fromEntries(
          Object.entries(given).map(([input, { data, shape }]) => [
            input,
            { data: [...data].map(Number), shape },
          ]),
        );
        const { stdout, stderr } = spawnSync(python!, ['-c', onnxScript], {
          input: JSON.stringify([join(folder, 'reader', 'reader.onnx'), feeds]),
        });
        expect(stderr.toString()).toBe('');
        const theirs = JSON.parse(stdout.toString()) as number[];
        await using reader = await openReader(student.reader!, { threads: 1 });
        const own = await reader.score(query, passages);
        for (const [i, score] of theirs.entries()) expect(own[i]!).toBeCloseTo(score, 4);
      },
    );
  },
);
