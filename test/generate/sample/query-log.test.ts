import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { readQueries } from '../../../src/formats/beir.js';
import { vectorsOf } from '../../../src/generate/cluster/vector-source.js';
import { chooseByQueryLog } from '../../../src/generate/sample/choose-by-query-log.js';
import { classifyQuery } from '../../../src/generate/sample/classify-query.js';
import { profileQueryLog } from '../../../src/generate/sample/profile-query-log.js';
import { readQueryLog } from '../../../src/generate/sample/read-query-log.js';
import { hasSharedData, sharedData } from '../../shared-data.js';

test.each([
  ['how to descale an espresso machine', 'how-to'],
  ['How do I reset my password?', 'how-to'],
  ['steps to file a tax return', 'how-to'],
  ['postgres vs mysql for analytics', 'comparison'],
  ['what is the difference between a virus and a bacterium', 'comparison'],
  ['British male students are bullied less than female students.', 'claim'],
  ['causes of left ventricular hypertrophy', 'keyword'],
  ['python check if two arrays are equal', 'keyword'],
  ['is aluminium lighter than steel', 'question'],
  ['how long is the life cycle of a flea', 'question'],
  ['who wrote the origin of species', 'question'],
  ['¿Dónde está la biblioteca?', 'question'],
  ['ما هي عاصمة مصر؟', 'question'],
  ['cost of interior concrete flooring', 'keyword'],
  ['definition declaratory judgment', 'keyword'],
  ['node.js', 'keyword'],
  ['error 0x80070057', 'keyword'],
  ['0-dimensional biomaterials lack inductive properties.', 'claim'],
  ['aspirin reduces the risk of colorectal cancer', 'claim'],
  ['日本の首都は東京です。', 'claim'],
  ['🙂🙂', 'keyword'],
])('%s is %s', (text, type) => expect(classifyQuery(text)).toBe(type));

test.skipIf(!hasSharedData('scifact'))("SciFact's queries are claims (needs shared data)", async () => {
  const log = [];
  for await (const { text } of readQueries(sharedData('scifact', 'queries.jsonl')))
    log.push({ text, count: 1 });
  const { types, lengths } = profileQueryLog(log);
  expect(types.claim).toBeGreaterThan(0.97);
  expect(lengths.claim!.median).toBeGreaterThanOrEqual(9);
});

test.skipIf(!hasSharedData('dl19'))("DL 2019's are questions and keywords (needs shared data)", async () => {
  const log = [];
  for await (const { text } of readQueries(sharedData('dl19', 'queries.jsonl'))) log.push({ text, count: 1 });
  const { types } = profileQueryLog(log);
  expect((types.question ?? 0) + (types.keyword ?? 0)).toBeGreaterThan(0.85);
  expect(types.claim ?? 0).toBeLessThan(0.05);
});

test('every search counts', () => {
  const profile = profileQueryLog([
    { text: 'cheap flights', count: 8 },
    { text: 'what is a transit visa for', count: 2 },
    { text: '!!!', count: 5 },
  ]);
  const all = (words: number, searches: number) => ({
    ...{ mean: words, low: words, quarter: words, median: words, threeQuarters: words, high: words },
    different: 1,
    counts: [{ words, searches }],
  });
  expect(profile).toEqual({
    searches: 10,
    different: 2,
    types: { keyword: 0.8, question: 0.2 },
    length: {
      ...{ mean: 2.8, low: 2, quarter: 2, median: 2, threeQuarters: 2, high: 6 },
      different: 2,
      counts: [
        { words: 2, searches: 8 },
        { words: 6, searches: 2 },
      ],
    },
    lengths: { keyword: all(2, 8), question: all(6, 2) },
  });
  // Of 14 characters one asks for as 7 words, as they are checked.
  expect(profileQueryLog([{ text: '日本の首都は東京ですか教えて', count: 1 }]).length).toMatchObject({
    median: 14,
    counts: [{ words: 7, searches: 1 }],
  });
  expect(() => profileQueryLog([{ text: '…', count: 1 }])).toThrow(
    expect.objectContaining({ code: 'too-little-data' }),
  );
});

test('a log is read from lines, counted or not, and from BEIR queries', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rankforge-log-'));
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  expect(await readQueryLog(write('log.tsv', 'cheap flights\t3\n\nvisa\r\ncheap flights\n'))).toEqual([
    { text: 'cheap flights', count: 4 },
    { text: 'visa', count: 1 },
  ]);
  expect(await readQueryLog(write('q.jsonl', '{"_id":"1","text":"visa"}\n'))).toEqual([
    { text: 'visa', count: 1 },
  ]);
  await expect(readQueryLog(write('empty.txt', '\n'))).rejects.toMatchObject({ code: 'too-little-data' });
  await expect(readQueryLog(join(folder, 'none.txt'))).rejects.toMatchObject({ code: 'missing-file' });
});

test('passages are drawn where the log is, in its proportions', async () => {
  const random = randomStream(4, 'log');
  const around = (topic: number) => {
    const values = Array.from({ length: 8 }, (_, i) => (i === topic ? 1 : 0) + 0.1 * random.normal());
    const norm = Math.hypot(...values);
    return Float32Array.from(values, (value) => value / norm);
  };
  // Five topics of passages; the log asks for the first three times as often as for the second, and for no other.
  const passages = Array.from({ length: 500 }, (_, row) => around(row % 5));
  const queries = Array.from({ length: 20 }, (_, i) => around(i % 2));
  const options = {
    count: 40,
    seed: 7,
    uniforms: passages.map(() => random.next()),
    log: vectorsOf(queries),
    counts: queries.map((_, i) => (i % 2 === 0 ? 3 : 1)),
    topics: 2,
  };
  const chosen = await chooseByQueryLog(vectorsOf(passages), options);
  const drawn = [0, 1, 2, 3, 4].map((topic) => chosen.rows.filter((row) => row % 5 === topic).length);
  expect(drawn).toEqual([30, 10, 0, 0, 0]);
  expect(chosen.topics.map(({ picked }) => picked)).toEqual([30, 10]);
  expect(chosen.cosine.picked).toBeGreaterThan(chosen.cosine.all + 0.3);
  expect(new Set(chosen.rows).size).toBe(40);
  // A high temperature follows nothing any more, and a count above the passages gives them all.
  const uniform = await chooseByQueryLog(vectorsOf(passages), { ...options, temperature: 1e6 });
  expect(uniform.rows.filter((row) => row % 5 > 1).length).toBeGreaterThan(12);
  const { rows: every } = await chooseByQueryLog(vectorsOf(passages), { ...options, count: 900 });
  expect([every.length, new Set(every).size]).toEqual([500, 500]);
  const other = { ...options, log: vectorsOf([Float32Array.from([1, 0])]), counts: [1] };
  await expect(chooseByQueryLog(vectorsOf(passages), other)).rejects.toMatchObject({ code: 'usage' });
});
