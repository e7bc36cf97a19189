import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { collect } from '../../../src/core/collect.js';
import type { Warning } from '../../../src/core/warning.js';
import { readExamples } from '../../../src/formats/examples.js';
import { forge } from '../../../src/pipeline/forge.js';
import { loadRecipe } from '../../../src/pipeline/recipe/load-recipe.js';
import { startJobServer } from '../../fixtures/job-server.js';
import { chatReply, type ScriptedServer } from '../../fixtures/scripted-server.js';
import { smallJob } from '../../fixtures/small-job.js';

let server: ScriptedServer | undefined;
afterEach(() => server?.[Symbol.asyncDispose]());

const lines = (...path: string[]): unknown[] => {
  const file = join(...path);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
};

test("forge exports the set once more with the teachers' scores, so that formats of scores have rows", async () => {
  process.env.OPENAI_API_KEY = 'sk-of-the-test';
  server = await startJobServer();
  const job = await smallJob(server);
  const formats = ['sentence-transformers-margins', 'flag-embedding'];
  writeFileSync(
    job.recipe,
    readFileSync(job.recipe, 'utf8').replace(
      '  minWords',
      `  exports: [${formats.join(', ')}]\n  graded: { share: 0 }\n  minWords`,
    ),
  );
  await forge(await loadRecipe(job.recipe), { out: job.out });
  const margins = 'exports/sentence-transformers-margins/train.jsonl';
  expect(lines(job.out, 'generate', margins)).toEqual([]);
  const empty = (stage: string) => {
    const { warnings } = JSON.parse(readFileSync(join(job.out, stage, 'manifest.json'), 'utf8'));
    return warnings.filter(({ code }: Warning) => code === 'empty-export');
  };
  const message = expect.stringMatching(/^sentence-transformers-margins has no row.* teacher's score$/);
  expect(empty('generate')).toEqual([{ code: 'empty-export', message, count: 1 }]);
  expect(empty('teach')).toEqual([]);
  const scored = lines(job.out, 'teach', margins) as { score: number }[];
  expect(scored.length).toBeGreaterThan(0);
  for (const { score } of scored) expect(score).toEqual(expect.any(Number));
  // The whole set is of the collection, so each of its passages has a score.
  const examples = await collect(readExamples(join(job.out, 'teach/examples.jsonl')));
  for (const { passages } of examples)
    for (const { teacherScore, teacherRank } of passages)
      expect([teacherScore, teacherRank]).toEqual([expect.any(Number), expect.any(Number)]);
  for (const row of lines(job.out, 'teach/exports/flag-embedding/train.jsonl'))
    expect(row).toMatchObject({ pos_scores: expect.any(Array), neg_scores: expect.any(Array) });
});

/** Reasons, and puts first what holds the query's last word. */
function reasoned(prompt: string): string | undefined {
  const shown = [...prompt.matchAll(/^(\[[A-Z]\]) (.+)$/gm)].map(([, label, text]) => ({
    label: label!,
    text: text!,
  }));
  const term = /Search query: (.+)/.exec(prompt)?.[1]?.trim().split(/\s+/).at(-1)?.replace(/\W/g, '');
  if (shown.length < 2 || !term) return undefined;
  const [first, ...rest] = shown.toSorted(
    (a, b) => Number(b.text.includes(term)) - Number(a.text.includes(term)),
  );
  return `<think>\n${first!.label} names ${term}.\n</think>\nRanking: ${[first!, ...rest].map(({ label }) => label).join(' > ')}`;
}

test('a reasoning teacher that has a weight leaves what it thought in the examples and their chat export', async () => {
  process.env.OPENAI_API_KEY = 'sk-of-the-test';
  server = await startJobServer((reply, _, prompt) => chatReply(reasoned(prompt) ?? reply));
  const job = await smallJob({ ...server, count: 24 });
  const recipe = readFileSync(job.recipe, 'utf8')
    .replace('  minWords', '  exports: [sft]\n  graded: { share: 0 }\n  minWords')
    .replace(
      / {2}- \{ name: yes-no.*/,
      '  - { name: thinker, method: full, compare: reason, model: writer, depth: 10 }',
    );
  writeFileSync(job.recipe, recipe);
  await forge(await loadRecipe(job.recipe), { out: job.out });
  const table = JSON.parse(readFileSync(join(job.out, 'teach/teachers.json'), 'utf8'));
  expect(table.rows.find(({ name }: { name: string }) => name === 'thinker').weight).toBeGreaterThan(0);
  const examples = await collect(readExamples(join(job.out, 'teach/examples.jsonl')));
  for (const { thinking, passages } of examples) {
    expect(thinking!.text).toMatch(/^\[[A-Z]\] names /);
    expect([...thinking!.ranking!].sort()).toEqual(passages.map(({ passage }) => passage.id).sort());
  }
  expect(readFileSync(join(job.out, 'teach/exports/sft/train.jsonl'), 'utf8')).toContain('<think>\\n[');
  expect(readFileSync(join(job.out, 'generate/exports/sft/train.jsonl'), 'utf8')).not.toContain('<think>');
});
