import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { weightAliases } from '../../src/models/weights/aliases.js';
import { loadPrompt } from '../../src/prompts/template.js';
import { needsModel } from '../../src/rerank/comparators/registry.js';
import { parseProgram } from '../../src/rerank/programs/registry.js';
import { readRerankerCard } from '../../src/rerank/reranker-card.js';

const cards = readdirSync('rerankers', { withFileTypes: true }).filter((entry) => entry.isDirectory());

describe.each(cards.map(({ name }) => name))('rerankers/%s', (name) => {
  test('can be run, and its figures are of the weights and the prompt of today', async () => {
    const card = await readRerankerCard(join('rerankers', name));
    expect(card.name).toBe(name);
    expect(() => parseProgram(card.program)).not.toThrow();
    expect(card.figures.length).toBeGreaterThan(0);
    if (card.comparator.startsWith('student:')) {
      expect(readdirSync(join('rerankers', name, 'student'))).toContain('student.json');
      return;
    }
    expect(needsModel(card.comparator)).toBe(true);
    const alias = weightAliases[card.model as keyof typeof weightAliases];
    expect(card.weights).toBe(alias.files[0].sha256);
    expect(card.prompt?.hash).toBe(loadPrompt(card.prompt!.id).hash);
  });
});

test('there is at least one card', () => {
  expect(cards.length).toBeGreaterThan(0);
});

test.each([
  ['not JSON', '{', /not a reranker card/],
  ['another shape', '{"format": 1}', /not a reranker card/],
  [
    'a weight beyond 1',
    JSON.stringify({
      ...{ format: 1, name: 'a', program: 'full', comparator: 'bm25' },
      ...{ figures: [], limits: '', interpolation: 1.2 },
    }),
    /interpolation/,
  ],
])('%s is no card', async (_name, text, message) => {
  const path = join(mkdtempSync(join(tmpdir(), 'rankforge-card-')), 'card.json');
  writeFileSync(path, text);
  await expect(readRerankerCard(path)).rejects.toMatchObject({
    code: 'bad-file',
    message: expect.stringMatching(message),
  });
});

test('a card that is not there', async () => {
  await expect(readRerankerCard('no/such/card')).rejects.toMatchObject({ code: 'missing-file' });
});
