import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeExamples } from '../../../../src/formats/examples.js';
import { runCli } from '../../../../src/surfaces/cli/run-cli.js';
import { sampleSet } from '../../../formats/exports/sample-set.js';
import { temporaryFolder } from '../../../formats/temporary-folder.js';

async function cli(...argv: string[]) {
  let [out, err] = ['', ''];
  const code = await runCli(argv, {
    stdout: (text) => {
      out += text;
    },
    stderr: (text) => {
      err += text;
    },
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  return { code, out, err };
}

async function sample(): Promise<{ folder: string; set: string }> {
  const folder = temporaryFolder();
  const set = join(folder, 'set', 'examples.jsonl');
  await writeExamples(set, sampleSet());
  return { folder, set };
}

test('a set is exported, described and imported back', async () => {
  const { folder, set } = await sample();
  const out = join(folder, 'out');
  const exported = await cli(
    'export',
    join(folder, 'set'),
    '--format',
    'parquet,tevatron,dataset-card,croissant',
    '--out',
    out,
    '--name',
    'Mine',
    '--json',
  );
  expect(exported).toMatchObject({ code: 0, err: '' });
  const result = JSON.parse(exported.out) as {
    formats: { format: string; files: { rows: number }[] }[];
    cards: string[];
  };
  expect(result.formats.map(({ format, files }) => [format, files.map(({ rows }) => rows)])).toEqual([
    ['parquet', [8, 2, 2]],
    ['tevatron', [8, 2, 2]],
  ]);
  expect(result.cards).toEqual([join(out, 'README.md'), join(out, 'croissant.json')]);
  expect(readFileSync(join(out, 'README.md'), 'utf8')).toContain('# Mine');

  const back = await cli(
    'import',
    join(out, 'parquet'),
    '--format',
    'parquet',
    '--out',
    join(folder, 'back'),
    '--json',
  );
  expect(JSON.parse(back.out)).toMatchObject({
    queries: 12,
    splits: { train: 8, validation: 2, test: 2 },
    assumed: [],
  });
  const records = (path: string) =>
    readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  expect(records(join(folder, 'back', 'examples.jsonl'))).toEqual(records(set));

  const poorer = await cli(
    'import',
    join(out, 'tevatron'),
    '--format',
    'tevatron',
    '--out',
    join(folder, 'poorer'),
  );
  expect(poorer.code).toBe(0);
  expect(poorer.err).toContain('tevatron holds no grades');
});

test('a format without a row is told with what it needs, and its empty folder is no set', async () => {
  const folder = temporaryFolder();
  const set = join(folder, 'examples.jsonl');
  await writeExamples(set, sampleSet({ scores: false }));
  const out = join(folder, 'out');
  const formats = 'sentence-transformers-margins,tevatron,sentence-transformers-tuples';
  const exported = await cli('export', set, '--format', formats, '--negatives', '9', '--out', out, '--json');
  const margins = /sentence-transformers-margins has no row, as none of 12 queries has .* a teacher's score/;
  expect(exported.code).toBe(0);
  expect(exported.err).toMatch(margins);
  const { warnings } = JSON.parse(exported.out) as { warnings: { code: string; message: string }[] };
  expect(warnings).toEqual([{ code: 'empty-export', message: expect.stringMatching(margins) }]);
  expect(warnings[0]!.message).toMatch(/tuples has no row, .* as many others.*; /);
  expect(warnings[0]!.message).not.toContain('tevatron');

  const margin = join(out, 'sentence-transformers-margins');
  const back = await cli(
    'import',
    margin,
    '--format',
    'sentence-transformers-margins',
    '--out',
    `${folder}/in`,
  );
  expect(back.code).toBe(1);
  expect(back.err).toContain(`${margin} is an empty folder`);
});

test('one split, and an earlier export replaced', async () => {
  const { folder, set } = await sample();
  const out = join(folder, 'out');
  await cli('export', set, '--format', 'sft', '--out', out);
  expect(existsSync(join(out, 'sft', 'train.jsonl'))).toBe(true);
  expect(await cli('export', set, '--format', 'sft', '--out', out, '--split', 'test')).toMatchObject({
    code: 0,
  });
  expect(existsSync(join(out, 'sft', 'train.jsonl'))).toBe(false);
  expect(existsSync(join(out, 'sft', 'test.jsonl'))).toBe(true);
});

test('misspelt names, cards alone and folders of another hand', async () => {
  const { folder, set } = await sample();
  const out = join(folder, 'out');
  const misspelt = await cli('export', set, '--format', 'parqet', '--out', out);
  expect(misspelt).toMatchObject({ code: 2, out: '' });
  expect(misspelt.err).toContain('Did you mean "parquet"?');
  const wrong = await cli('import', set, '--format', 'tevatrn', '--out', join(folder, 'in'));
  expect(wrong).toMatchObject({ code: 2 });
  expect(wrong.err).toContain('Did you mean "tevatron"?');
  expect((await cli('export', set, '--format', 'croissant', '--out', out)).code).toBe(2);
  expect((await cli('export', set, '--format', 'sft', '--out', join(folder, 'set'))).err).toContain(
    'export.json',
  );
  const taken = await cli('import', set, '--format', 'examples', '--out', join(folder, 'set'));
  expect(taken).toMatchObject({ code: 1 });
  expect(taken.err).toContain('There is a set already');
});

test('bad lines: an error with file and line, or set aside once however many formats read them', async () => {
  const { folder, set } = await sample();
  writeFileSync(set, `${readFileSync(set, 'utf8')}{"query": 1}\n`);
  const out = join(folder, 'out');
  const failed = await cli('export', set, '--format', 'sft', '--out', out, '--json');
  expect(failed.code).toBe(1);
  expect(JSON.parse(failed.out)).toMatchObject({ error: { code: 'bad-line', where: `${set}:13` } });
  expect(existsSync(join(out, 'sft'))).toBe(false);
  const skipped = await cli('export', set, '--format', 'sft,dpo,beir', '--out', out, '--skip-bad');
  expect(skipped.code).toBe(0);
  expect(skipped.err).toContain('bad lines skipped: 1');
  expect(readFileSync(join(folder, 'bad-lines.jsonl'), 'utf8').trim().split('\n')).toHaveLength(1);
});

test('an import without an example is an error, and leaves no set', async () => {
  const { folder } = await sample();
  const empty = join(folder, 'empty.jsonl');
  writeFileSync(empty, '');
  const bad = join(folder, 'bad.jsonl');
  writeFileSync(bad, '{"query": 1}\n');
  for (const args of [[empty], [bad, '--skip-bad']]) {
    const failed = await cli(
      'import',
      ...args,
      '--format',
      'examples',
      '--out',
      join(folder, 'in'),
      '--json',
    );
    expect(failed.code).toBe(1);
    expect(JSON.parse(failed.out)).toMatchObject({ error: { code: 'too-little-data', where: args[0] } });
    expect(existsSync(join(folder, 'in', 'examples.jsonl'))).toBe(false);
  }
});
