import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { collect } from '../../../src/core/collect.js';
import type { Passage } from '../../../src/core/passage.js';
import { randomStream } from '../../../src/core/random.js';
import { Funnel } from '../../../src/generate/funnel.js';
import { type DrawPassagesOptions, drawPassages } from '../../../src/generate/sample/draw-passages.js';
import { fieldValue } from '../../../src/generate/sample/field-value.js';
import { samplePassages } from '../../../src/generate/sample/sample-passages.js';
import { SampleSettings } from '../../../src/generate/sample/sample-settings.js';
import type { EmbeddingModel } from '../../../src/models/embedding-model.js';

/** A bag-of-words encoder: random unit directions by word, summed. Real vectors of real texts, without weights. */
function wordEncoder(dimensions = 32): EmbeddingModel {
  return {
    id: 'words',
    dimensions,
    async embed(texts) {
      return texts.map((text) => {
        const sum = new Float32Array(dimensions);
        for (const word of text.split(/\s+/)) {
          const random = randomStream(1, word);
          for (let i = 0; i < dimensions; i++) sum[i]! += random.normal();
        }
        const norm = Math.hypot(...sum);
        return sum.map((value) => value / norm);
      });
    },
    async [Symbol.asyncDispose]() {},
  };
}
const subjects = ['bread', 'steel', 'whales', 'chess'];
const corpus: Passage[] = Array.from({ length: 120 }, (_, i) => {
  const subject = subjects[i % 7 < 4 ? 0 : (i % 7) - 3]!;
  return {
    id: `p${i}`,
    text: `${`${subject} `.repeat(6)}${Array.from({ length: 12 }, (_, word) => `w${i}x${word}`).join(' ')}`,
    metadata: { subject, tags: [subject, 'all'], about: { year: 1990 + (i % 3) } },
  };
});
const encoder = wordEncoder();
const draw = (settings: object, options: Partial<DrawPassagesOptions> = {}) =>
  drawPassages(() => corpus, SampleSettings.parse(settings), {
    seed: 7,
    count: 20,
    minWords: 10,
    distinct: false,
    encoder,
    log: [
      { text: 'whales whales', count: 3 },
      { text: 'chess', count: 1 },
    ],
    ...options,
  });
const all = [
  { method: 'uniform' },
  { method: 'cluster', clusters: 4 },
  { method: 'mmr', pool: 2 },
  { method: 'quota', field: 'subject' },
  { method: 'query-log', log: 'log.txt', topics: 2 },
];

describe.each(all)('$method', (settings) => {
  test('exactly the count, each once, the same for the same seed', async () => {
    const { passages, report } = await draw(settings);
    expect(passages).toHaveLength(20);
    expect(new Set(passages.map(({ id }) => id)).size).toBe(20);
    expect(report).toMatchObject({ asked: 20, fit: 120, drawn: 20, notes: [] });
    expect((await draw(settings)).passages).toEqual(passages);
    expect((await draw(settings, { seed: 8 })).passages).not.toEqual(passages);
  });

  test('two documents, one fit, none', async () => {
    const two = await drawPassages(() => corpus.slice(0, 2), SampleSettings.parse(settings), {
      seed: 7,
      count: 5,
      minWords: 10,
      encoder,
      log: [{ text: 'bread', count: 1 }],
    });
    expect(two.passages).toHaveLength(2);
    expect(two.report.notes[0]).toMatch(/5 passages were asked for, and 2 are fit/);
    const none = drawPassages(() => [{ id: 'a', text: 'short' }], SampleSettings.parse(settings), {
      seed: 7,
      count: 5,
      encoder,
      log: [{ text: 'bread', count: 1 }],
    });
    await expect(none).rejects.toMatchObject({
      code: 'empty-corpus',
      message: 'There is no passage to write queries about: of 1, too-short 1',
    });
  });

  test('the funnel counts every passage', async () => {
    const funnel = new Funnel();
    await expect(draw(settings, { funnel, minWords: 500 })).rejects.toMatchObject({ code: 'empty-corpus' });
    expect(funnel.stage('passages')).toMatchObject({ in: 120, out: 0, rejected: { 'too-short': 120 } });
    await draw(settings, { funnel });
    expect(funnel.stage('passages')).toMatchObject({ in: 240, out: 20, rejected: { 'not-drawn': 100 } });
  });

  test('an abort stops', async () => {
    await expect(draw(settings, { signal: AbortSignal.abort() })).rejects.toThrow();
  });
});

test('vectors in a file give the same sample, and the file goes', async () => {
  const vectorFile = join(mkdtempSync(join(tmpdir(), 'rankforge-vectors-')), 'deep', 'vectors.f32');
  for (const settings of all.filter(({ method }) => method !== 'uniform' && method !== 'quota')) {
    expect(await draw(settings, { vectorFile })).toEqual(await draw(settings));
    expect(existsSync(vectorFile)).toBe(false);
  }
});

test('a log of whales draws whales', async () => {
  const { passages, report } = await draw({ method: 'query-log', log: 'log.txt', topics: 2 }, { count: 8 });
  const subject = passages.map(({ metadata }) => metadata?.subject);
  expect(subject.filter((name) => name === 'whales')).toHaveLength(6);
  expect(subject.filter((name) => name === 'chess')).toHaveLength(2);
  expect(report.topics).toEqual([
    { share: 0.75, picked: 6 },
    { share: 0.25, picked: 2 },
  ]);
});

test('quotas by any field, and a group with too few is said', async () => {
  const shares = { bread: 1, whales: 1, marble: 2 };
  const { passages, report } = await draw(
    { method: 'quota', field: 'tags', shares, refill: 'none' },
    { count: 12 },
  );
  expect(passages).toHaveLength(6);
  expect(report.notes).toEqual(['"marble" has 0 of the 6 passages of its quota; the others are missing.']);
  await expect(
    draw({ method: 'quota', field: 'tags', shares: { marble: 1 }, refill: 'none' }),
  ).rejects.toMatchObject({
    code: 'empty-corpus',
    message: expect.stringContaining('"marble" has 0 of the 20 passages of its quota'),
  });
  expect((await draw({ method: 'quota', field: 'about.year', shares: { 1991: 1 } })).passages).toHaveLength(
    20,
  );
});

test('field values', () => {
  const metadata = { 'a.b': 'flat', a: { c: 3 }, list: ['x'], none: null, object: {} };
  expect(
    ['a.b', 'a.c', 'list', 'none', 'object', 'a', 'toString', 'a.c.d'].map((field) =>
      fieldValue(metadata, field),
    ),
  ).toEqual(['flat', '3', 'x', undefined, undefined, undefined, undefined, undefined]);
});

test('what a method needs is asked for', async () => {
  await expect(draw({ method: 'mmr' }, { encoder: undefined })).rejects.toMatchObject({
    code: 'usage',
    where: 'encoder',
  });
  await expect(draw(all[4]!, { log: [] })).rejects.toMatchObject({ code: 'usage', where: 'log' });
  await expect(draw(all[0]!, { count: 0 })).rejects.toMatchObject({ code: 'usage', where: 'count' });
  const broken = {
    ...encoder,
    embed: async (texts: readonly string[]) => texts.map(() => new Float32Array(32).fill(Number.NaN)),
  };
  await expect(draw(all[1]!, { encoder: broken })).rejects.toMatchObject({
    code: 'usage',
    where: 'vector 0',
  });
});

test('passages come in the order in which they were chosen', async () => {
  const { passages } = await draw({ method: 'quota', field: 'subject' });
  const numbers = passages.map(({ id }) => randomStream(7, 'passages', id).next());
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
});

test('a corpus that shrinks between two readings is an error', async () => {
  let reads = 0;
  const open = () => (reads++ === 0 ? corpus : corpus.slice(0, 10));
  const settings = SampleSettings.parse({ method: 'quota', field: 'subject' });
  await expect(drawPassages(open, settings, { seed: 7, count: 20, minWords: 10 })).rejects.toMatchObject({
    code: 'bad-file',
  });
});

test('settings are strict', async () => {
  const untyped = { method: 'cluster', temperature: 0 } as never;
  await expect(drawPassages(() => corpus, untyped, { seed: 1, count: 2, encoder })).rejects.toMatchObject({
    code: 'usage',
    where: 'temperature',
  });
  expect(SampleSettings.safeParse({ method: 'cluster', lamda: 1 }).success).toBe(false);
  expect(SampleSettings.safeParse({ method: 'mmr', lambda: 2 }).success).toBe(false);
  expect(SampleSettings.parse({ method: 'cluster' })).toEqual({
    method: 'cluster',
    temperature: 1,
    lambda: 0.5,
    pool: 5,
  });
});

test('a spread sample is the same as that of a stream which holds everything, and takes documents in turn', async () => {
  const long = Array.from({ length: 60 }, (_, i): Passage => {
    const document = i < 45 ? 'long' : `d${i % 5}`;
    return {
      id: `${document}#${i}`,
      text: Array.from({ length: 12 }, (_, word) => `about w${i}x${word}`).join(' '),
    };
  });
  for (const count of [1, 6, 8, 30, 60, 90]) {
    const options = { seed: 3, count, minWords: 5, distinct: false };
    const { passages, report } = await drawPassages(() => long, { method: 'uniform' }, options);
    const held = await collect(samplePassages(long, { ...options, spread: true }));
    expect(passages).toEqual(held);
    expect(report).toMatchObject({ fit: 60, drawn: Math.min(count, 60) });
    // Six documents: the first six passages are of one each.
    const documents = passages.slice(0, 6).map(({ id }) => id.split('#')[0]);
    expect(new Set(documents).size).toBe(Math.min(6, count));
  }
});
