import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { collect } from '../../../src/core/collect.js';
import { readExamples } from '../../../src/formats/examples.js';
import { readJudgements } from '../../../src/generate/judge/judgement-record.js';
import { generateOnly } from '../../../src/pipeline/forge.js';
import { loadRecipe } from '../../../src/pipeline/recipe/load-recipe.js';
import { startJobServer } from '../../fixtures/job-server.js';
import { chatReply, type ScriptedServer } from '../../fixtures/scripted-server.js';
import { smallJob } from '../../fixtures/small-job.js';

let server: ScriptedServer | undefined;
afterEach(() => server?.[Symbol.asyncDispose]());

const grades: Record<string, string> = {
  Yes: 'It names what is asked.\n##final score: 3',
  No: 'It speaks of something else.\n##final score: 0',
};

test("a judge's reasons reach the chat export, and its agreement with people and writer the report", async () => {
  process.env.OPENAI_API_KEY = 'sk-of-the-test';
  server = await startJobServer((reply) => chatReply(grades[reply] ?? reply));
  const job = await smallJob(server);
  const recipe = readFileSync(job.recipe, 'utf8').replace(
    '  minWords',
    '  exports: [sft]\n  judge: { mode: reasoned, measured: 12 }\n  graded: { share: 1, onDisagreement: drop, lengthBias: warn }\n  minWords',
  );
  writeFileSync(job.recipe, recipe);
  const { folder } = await generateOnly(await loadRecipe(job.recipe), { out: job.out });
  const examples = await collect(readExamples(join(folder, 'examples.jsonl')));
  for (const { passages } of examples)
    for (const { grade, reason, kind, origin } of passages)
      if (kind === 'positive' && origin === 'corpus')
        expect([grade, reason]).toEqual([3, 'It names what is asked.']);
  const rows = readFileSync(join(folder, 'exports/sft/train.jsonl'), 'utf8').trim().split('\n');
  for (const row of rows)
    expect(JSON.parse(row).messages.at(-1).content).toMatch(
      /^<think>\n(?:\[[A-Z]\] It .+\n)+<\/think>\nRanking: \[/,
    );
  // What was dropped was judged too.
  const judged = await collect(readJudgements(join(folder, 'judgements.jsonl')));
  const kept = new Set(examples.flatMap(({ passages }) => passages.map(({ passage }) => passage.id)));
  const written = judged.filter(({ passageId }) => /-level\d$/.test(passageId));
  expect(written.some(({ passageId }) => !kept.has(passageId))).toBe(true);
  const { agreement } = JSON.parse(readFileSync(join(job.out, 'report.json'), 'utf8'));
  expect(agreement.map(({ between, pairs }: { between: string; pairs: number }) => [between, pairs])).toEqual(
    [
      ['judge and people', 12],
      ['judge and writer', written.length],
    ],
  );
  expect(readFileSync(join(job.out, 'report.md'), 'utf8')).toContain('## Judge agreement');
});

test('a judge that gives no 3, and one that nobody is compared with, are told', async () => {
  process.env.OPENAI_API_KEY = 'sk-of-the-test';
  const mild: Record<string, string> = { Yes: '##final score: 2', No: '##final score: 0' };
  server = await startJobServer((reply) => chatReply(mild[reply] ?? reply));
  const job = await smallJob(server);
  const withJudge = (judge: string) =>
    readFileSync(job.recipe, 'utf8').replace(
      '  minWords',
      `  exports: []\n  judge: ${judge}\n  graded: { share: 1, lengthBias: warn }\n  minWords`,
    );
  const recipe = join(job.recipe, '../measured.yaml');
  writeFileSync(recipe, withJudge('{ mode: graded }'));
  await generateOnly(loadRecipe(recipe), { out: job.out });
  const { notes, warnings } = JSON.parse(readFileSync(join(job.out, 'report.json'), 'utf8'));
  expect(notes).toEqual([expect.stringContaining('with generate.judge.measured in the recipe')]);
  expect(warnings.map(({ code }: { code: string }) => code)).toContain('no-grade-3');
  writeFileSync(recipe, withJudge('{ mode: graded, measured: 5 }'));
  writeFileSync(join(loadRecipe(recipe).dataset!, 'qrels/test.tsv'), 'query-id\tcorpus-id\tscore\n');
  await expect(generateOnly(loadRecipe(recipe), { out: `${job.out}-2` })).rejects.toMatchObject({
    code: 'too-little-data',
    where: 'generate.judge.measured',
  });
});

test('passages that were ordered and could not be had are told', async () => {
  process.env.OPENAI_API_KEY = 'sk-of-the-test';
  server = await startJobServer((reply) =>
    chatReply(reply.includes('"full"') ? 'I would rather not.' : reply),
  );
  const job = await smallJob(server);
  const recipe = readFileSync(job.recipe, 'utf8')
    .replace('  minWords', '  exports: []\n  graded: { share: 1 }\n  minWords')
    .replace('mined: 2, random: 1, band: [2, 20]', 'mined: 6, band: [2, 4]');
  writeFileSync(job.recipe, recipe);
  const { warnings } = await generateOnly(loadRecipe(job.recipe), { out: job.out });
  expect(warnings.map(({ message }) => message)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^\d+ of the queries have fewer mined negatives than were ordered/),
      expect.stringMatching(/^\d+ of the examples have none of the graded passages that were ordered/),
    ]),
  );
});
