import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { runStages, type Stage } from '../../src/pipeline/stage.js';

let out: string;
let ran: string[];

beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'rankforge-stage-'));
  ran = [];
  return () => rm(out, { recursive: true, force: true });
});

function stage(name: string, settings: unknown, after: string[] = [], write = name): Stage {
  return {
    name,
    after,
    settings,
    run: async ({ folder, input }) => {
      ran.push(name);
      const before = await Promise.all(after.map((other) => readFile(join(input(other), 'out.txt'), 'utf8')));
      await writeFile(join(folder, 'out.txt'), [...before, write].join('+'));
      return {};
    },
  };
}

test('a second run does nothing, a changed setting only what depends on it', async () => {
  const job = (b: number) => [
    stage('a', 1),
    stage('b', b, ['a'], `b${b}`),
    stage('c', 1, ['b']),
    stage('d', 1, ['a']),
  ];
  await runStages(job(1), out);
  expect(ran).toEqual(['a', 'b', 'c', 'd']);
  ran = [];
  await runStages(job(1), out);
  expect(ran).toEqual([]);
  const finished = await runStages(job(2), out);
  expect(ran).toEqual(['b', 'c']);
  expect(await readFile(join(out, 'c', 'out.txt'), 'utf8')).toBe('a+b2+c');
  expect([...finished.values()].map(({ reused }) => reused)).toEqual([true, false, false, true]);
});

test('an artefact that somebody changed or lost is made again', async () => {
  await runStages([stage('a', 1)], out);
  await writeFile(join(out, 'a', 'out.txt'), 'tampered');
  await runStages([stage('a', 1)], out);
  expect(await readFile(join(out, 'a', 'out.txt'), 'utf8')).toBe('a');
  await rm(join(out, 'a', 'out.txt'));
  await runStages([stage('a', 1)], out);
  expect(ran).toEqual(['a', 'a', 'a']);
});

test('a finished stage that somebody changed begins anew, and not from what was changed', async () => {
  const onePart: Stage = {
    ...stage('a', 1),
    run: async ({ folder }) => {
      const part = await readFile(join(folder, 'part.txt'), 'utf8').catch(() => 'made');
      await writeFile(join(folder, 'part.txt'), part);
      return {};
    },
  };
  await runStages([onePart], out);
  await writeFile(join(out, 'a', 'part.txt'), 'tampered');
  await runStages([onePart], out);
  expect(await readFile(join(out, 'a', 'part.txt'), 'utf8')).toBe('made');
});

test('temporary files that a killed run left are no artefacts, and may be deleted', async () => {
  const killedBefore: Stage = {
    ...stage('a', 1),
    run: async (context) => {
      await writeFile(join(context.folder, 'out.txt.7-abc.tmp'), 'half');
      return stage('a', 1).run(context);
    },
  };
  const finished = await runStages([killedBefore], out);
  expect(Object.keys(finished.get('a')!.files)).toEqual(['out.txt']);
  await rm(join(out, 'a', 'out.txt.7-abc.tmp'));
  expect((await runStages([killedBefore], out)).get('a')!.reused).toBe(true);
});

test('warnings are counted by code, all of them', async () => {
  const warning = (code: string, message: string) => ({ code, message });
  const warned: Stage = {
    ...stage('a', 1),
    run: async () => ({
      warnings: [
        ...Array.from({ length: 250 }, (_, index) => warning('cut', `passage ${index}`)),
        warning('kept', 'q1'),
      ],
    }),
  };
  expect((await runStages([warned], out)).get('a')!.warnings).toEqual([
    { code: 'cut', message: 'passage 0', count: 250 },
    { code: 'kept', message: 'q1', count: 1 },
  ]);
});

test('a failed stage keeps what it wrote for the next try, and what was finished before it', async () => {
  const failing: Stage = {
    ...stage('b', 1, ['a']),
    run: async ({ folder }) => {
      const part = await readFile(join(folder, 'part.txt'), 'utf8').catch(() => '');
      await writeFile(join(folder, 'part.txt'), `${part}x`);
      if (part.length < 2) throw new Error('killed');
      return {};
    },
  };
  await expect(runStages([stage('a', 1), failing], out)).rejects.toThrow('killed');
  await expect(runStages([stage('a', 1), failing], out)).rejects.toThrow('killed');
  await runStages([stage('a', 1), failing], out);
  expect(await readFile(join(out, 'b', 'part.txt'), 'utf8')).toBe('xxx');
  expect(ran).toEqual(['a']);
});

test('what lay there from other settings is cleared', async () => {
  await runStages([stage('a', 1)], out);
  await writeFile(join(out, 'a', 'stray.txt'), 'x');
  const finished = await runStages([stage('a', 2)], out);
  expect(Object.keys(finished.get('a')!.files)).toEqual(['out.txt']);
});

test('a folder that cannot be made is a typed error', async () => {
  await writeFile(join(out, 'file'), '');
  await expect(runStages([stage('a', 1)], join(out, 'file'))).rejects.toMatchObject({ code: 'missing-file' });
});

test('an aborted signal stops before the next stage', async () => {
  const stop = new AbortController();
  const stopping = async () => {
    stop.abort();
    return {};
  };
  const first: Stage = { ...stage('a', 1), run: stopping };
  await expect(runStages([first, stage('b', 1)], out, { signal: stop.signal })).rejects.toMatchObject({
    name: 'AbortError',
  });
  expect(ran).toEqual([]);
});
