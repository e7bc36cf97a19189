import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { cutHandbook, cutPage, handbookCorpus } from '../../scripts/handbook.js';
import { passageText } from '../../src/core/passage.js';
import { loadDataset } from '../../src/formats/dataset.js';

const folder = fileURLToPath(new URL('../../datasets/handbook/', import.meta.url));
// Unknown queries and passages are an error, and so are repeated ids.
const handbook = await loadDataset(folder, { split: 'test' });

const words = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
const runsOf = (text: string, length: number): Set<string> => {
  const all = words(text);
  return new Set(
    all.slice(0, Math.max(0, all.length - length + 1)).map((_, i) => all.slice(i, i + length).join(' ')),
  );
};

describe('the bundled sample', () => {
  test('its corpus is what docs/ says now (else: npm run handbook)', () => {
    const written = readFileSync(`${folder}corpus.jsonl`, 'utf8').replaceAll('\r\n', '\n');
    // Compared by line, so that a failure names the passage and not half a megabyte.
    expect(written.split('\n')).toEqual(handbookCorpus().split('\n'));
  });

  test('it has at least 150 passages and 60 queries', () => {
    expect(handbook.passages.size).toBeGreaterThanOrEqual(150);
    expect(handbook.queries.size).toBeGreaterThanOrEqual(60);
  });

  test('every query of the file is judged', () => {
    const ids = readFileSync(`${folder}queries.jsonl`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { _id: string })._id);
    expect([...handbook.queries.keys()].sort()).toEqual(ids.sort());
  });

  test('each query has at least 5 judgements from 0 to 3, at least two of them 0 and one of them 3', () => {
    for (const [id, grades] of handbook.qrels) {
      const values = [...grades.values()];
      expect(values.length, id).toBeGreaterThanOrEqual(5);
      expect(values.filter((grade) => grade === 0).length, id).toBeGreaterThanOrEqual(2);
      expect(Math.max(...values), id).toBe(3);
      expect(
        values.every((grade) => Number.isInteger(grade) && grade >= 0 && grade <= 3),
        id,
      ).toBe(true);
    }
  });

  test('no query takes five words in a row from a passage that answers it', () => {
    for (const [id, grades] of handbook.qrels) {
      const asked = runsOf(handbook.queries.get(id)!.text, 5);
      for (const [passageId, grade] of grades) {
        if (grade < 3) continue;
        const shared = runsOf(passageText(handbook.passages.get(passageId)!), 5);
        expect(
          [...asked].filter((run) => shared.has(run)),
          `${id} ${passageId}`,
        ).toEqual([]);
      }
    }
  });

  test('no two passages have the same text', () => {
    const texts = cutHandbook().map(({ text }) => text);
    expect(new Set(texts).size).toBe(texts.length);
  });
});

const filler = (count: number, word = 'word'): string => Array.from({ length: count }, () => word).join(' ');

describe('cutting a page', () => {
  test('one passage a heading, named by page and heading', () => {
    const page = `# BM25\n\n## How it scores\n\n${filler(50)}\n\n## Length, and \`b\`\n\n${filler(50, 'long')}\n`;
    expect(cutPage('methods/bm25', page)).toEqual([
      { _id: 'methods/bm25#how-it-scores', title: 'BM25 › How it scores', text: filler(50) },
      { _id: 'methods/bm25#length-and-b', title: 'BM25 › Length, and b', text: filler(50, 'long') },
    ]);
  });

  test('a short introduction joins the first section, a long one stands alone', () => {
    const short = cutPage('p', `# T\n\nBrief.\n\n## A\n\n${filler(50)}\n`);
    expect(short).toEqual([{ _id: 'p#a', title: 'T › A', text: `Brief.\n\n${filler(50)}` }]);
    const long = cutPage('p', `# T\n\n${filler(80)}\n\n## A\n\n${filler(50)}\n`);
    expect(long.map(({ _id }) => _id)).toEqual(['p', 'p#a']);
  });

  test('a last section that is too short joins the one before it, heading and all', () => {
    const [only, ...more] = cutPage('p', `# T\n\n## A\n\n${filler(50)}\n\n## B\n\nTiny.\n`);
    expect(more).toEqual([]);
    expect(only!.text).toBe(`${filler(50)}\n\nB\n\nTiny.`);
  });

  test('a long section is split between paragraphs', () => {
    const page = `# T\n\n## A\n\n${filler(150)}\n\n${filler(150, 'more')}\n\n${filler(40, 'end')}\n`;
    expect(cutPage('p', page).map(({ _id, text }) => [_id, words(text).length])).toEqual([
      ['p#a', 150],
      ['p#a-2', 190],
    ]);
  });

  test('Markdown becomes plain text; code keeps its lines and stays with the text before it', () => {
    const page = [
      '# T',
      '## A',
      `See [the **gate**](gate.md), \`k1\` and *b*. ${filler(40)}`,
      '',
      '```sh',
      '# no heading',
      'rankforge plan \\',
      '  --depth 5 * 2',
      '```',
      '',
      '| code | meaning |',
      '| --- | --- |',
      '| 3 | stopped |',
    ].join('\n');
    expect(cutPage('p', page)).toEqual([
      {
        _id: 'p#a',
        title: 'T › A',
        text: `See the gate, k1 and b. ${filler(40)}\n# no heading\nrankforge plan \\\n  --depth 5 * 2\n\ncode; meaning\n3; stopped`,
      },
    ]);
  });

  test('two headings with one anchor, or no title, are an error', () => {
    expect(() => cutPage('p', '# T\n\n## Same\n\na\n\n## Same\n\nb\n')).toThrow(/two headings "Same"/);
    expect(() => cutPage('p', '## A\n\ntext\n')).toThrow(/has no title/);
  });
});
