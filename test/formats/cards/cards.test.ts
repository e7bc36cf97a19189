import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderCroissant } from '../../../src/formats/cards/croissant.js';
import { renderDatasetCard } from '../../../src/formats/cards/dataset-card.js';
import { countSet } from '../../../src/formats/cards/set-statistics.js';
import { exportExamples } from '../../../src/formats/exports/export-examples.js';
import { sampleSet } from '../exports/sample-set.js';
import { temporaryFolder } from '../temporary-folder.js';

async function describeSample(details = { name: 'A: sample' }) {
  const folder = temporaryFolder();
  const source = () => sampleSet();
  const formats = await exportExamples(source, ['parquet', 'sentence-transformers-tuples', 'beir'], folder, {
    negatives: 3,
  });
  return { folder, description: { details, statistics: await countSet(source), formats } };
}

test('statistics add up', async () => {
  const { total, splits, origins } = await countSet(() => sampleSet());
  expect(total).toMatchObject({ queries: 12, passages: 84, scored: 84, withThinking: 1 });
  expect(total.grades).toEqual([36, 24, 12, 12]);
  expect([...splits].map(([name, { queries }]) => [name, queries])).toEqual([
    ['train', 8],
    ['validation', 2],
    ['test', 2],
  ]);
  expect([...origins.values()].reduce((sum, count) => sum + count)).toBe(84);
});

test('the dataset card: metadata that parse, one configuration a table, and figures in its tables', async () => {
  const { description } = await describeSample();
  const card = renderDatasetCard(description);
  const [, yaml, body] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(card)!;
  const metadata = parse(yaml!) as { configs: { config_name: string; data_files: unknown[] }[] };
  expect(metadata).toMatchObject({ pretty_name: 'A: sample', size_categories: ['n<1K'] });
  expect(metadata).not.toHaveProperty('license');
  // Judgements and a corpus are no table with splits.
  expect(metadata.configs.map(({ config_name }) => config_name)).toEqual(['parquet']);
  expect(metadata.configs[0]!.data_files).toContainEqual({ split: 'test', path: 'parquet/test.parquet' });
  expect(body).toContain('| all | 12 | 84 | 36 | 24 | 12 | 12 | 84 |');
  expect(body).toContain('No licence has been declared.');
  expect(body).toContain('Models: sample-model.');
});

test('models are named in cards without the address of their server', async () => {
  const ids = [
    'openai:small@http://10.0.0.7:8080/v1',
    'openai:small@https://gpu.example.net/v1',
    'llama:a@9f0c',
  ];
  const source = () =>
    sampleSet().map((example, index) => ({
      ...example,
      provenance: { ...example.provenance!, modelId: ids[index % 3]! },
    }));
  const description = { details: { name: 'x' }, statistics: await countSet(source), formats: [] };
  for (const text of [renderDatasetCard(description), JSON.stringify(renderCroissant(description))]) {
    expect(text).toContain('judged by llama:a@9f0c, openai:small.');
    expect(text).not.toMatch(/10\.0\.0\.7|example\.net/);
  }
});

test('configurations are of one file type, since load_dataset reads all with one reader', async () => {
  const folder = temporaryFolder();
  const source = () => sampleSet();
  const formats = await exportExamples(source, ['parquet', 'tevatron', 'flag-embedding'], folder);
  const card = renderDatasetCard({ details: { name: 'x' }, statistics: await countSet(source), formats });
  expect(card.match(/config_name: .*/g)).toEqual(['config_name: tevatron', 'config_name: flag-embedding']);
  expect(card).toContain('load_dataset("PATH", "tevatron")');
});

test('Croissant: every file with the hash that it has, and a field for each column', async () => {
  const { folder, description } = await describeSample();
  const metadata = renderCroissant(description, { negatives: 3 }) as {
    distribution: { contentUrl: string; sha256: string }[];
    recordSet: { '@id': string; field: { '@id': string }[] }[];
  };
  expect(metadata.distribution.length).toBe(3 + 3 + 5);
  for (const { contentUrl, sha256 } of metadata.distribution) {
    expect(
      createHash('sha256')
        .update(readFileSync(join(folder, contentUrl)))
        .digest('hex'),
    ).toBe(sha256);
  }
  const tuples = metadata.recordSet.find((set) => set['@id'] === 'sentence-transformers-tuples/test')!;
  const row = JSON.parse(
    readFileSync(join(folder, 'sentence-transformers-tuples/test.jsonl'), 'utf8').split('\n')[0]!,
  ) as object;
  expect(tuples.field.map((field) => field['@id'].split('/')[2])).toEqual(Object.keys(row));
});
