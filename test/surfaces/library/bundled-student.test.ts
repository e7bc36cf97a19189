import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { bundledStudentFolder, bundledStudents } from '../../../src/distill/bundled-student.js';
import { loadStudent } from '../../../src/distill/student-folder.js';
import { createReranker } from '../../../src/surfaces/library/create-reranker.js';
import { rerank } from '../../../src/surfaces/library/rerank.js';

const documents = [
  'Tides of opinion rose and fell, and what causes them is for historians to say.',
  'The moon causes the tides: its gravity pulls on the sea, and so does that of the sun.',
  'Boats that lie in the harbour at low tide rest on the mud.',
  'What to pack for a week at the sea.',
];
const query = 'what causes the tides';

describe.each(bundledStudents)('student:%s', (name) => {
  test('is small, whole and of this version, and reads texts alone', async () => {
    const folder = bundledStudentFolder(name);
    const size = readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
    expect(size).toBeLessThan(1_000_000);
    const { card } = await loadStudent(folder);
    expect(card.name).toBe(name);
    expect(card.encoder).toBeUndefined();
    expect(card.features).toMatchObject({ dense: false, firstStage: false, listStatistics: true });
  });

  test('puts the passage that answers first, in whatever order the passages come', async () => {
    await using reranker = createReranker({ compare: `student:${name}` });
    for (const given of [documents, documents.toReversed()]) {
      const { results, usage } = await reranker.rerank(query, given);
      expect(results[0]!.document).toBe(documents[1]);
      expect(usage.calls).toBe(0);
    }
  });
});

describe('rerank without a place for weights', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rankforge-home-'));
    // No folder can be made below a file, so that nothing is asked of a network.
    writeFileSync(join(folder, 'file'), '');
    vi.stubEnv('RANKFORGE_HOME', join(folder, 'file'));
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  test('the bundled student orders, and the result says so', async () => {
    const { results, warnings } = await rerank(query, documents);
    expect(warnings.map(({ code }) => code)).toEqual(['no-encoder']);
    await using student = createReranker({ compare: 'student:lexical' });
    expect(results).toEqual((await student.rerank(query, documents)).results);
    expect(results[0]!.index).toBe(1);
  });

  test.each([[[]], [['one']], [['', '']]])('%j', async (texts) => {
    const { results } = await rerank(query, texts);
    expect(results.map(({ index }) => index)).toEqual(texts.map((_, index) => index));
  });
});
