import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { byLength, writeDataset, writeRun } from '../fixtures/long-is-better.js';
import { rankforge } from './run-in-process.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rankforge-killed-'));
  writeDataset(folder);
  writeRun(folder, 'teacher.trec', byLength);
});
afterEach(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

const args = (out: string): string[] => [
  ...['distill', '--dataset', folder, '--run', at('run.trec'), '--teacher', at('teacher.trec')],
  ...['--student', 'cross-encoder', '--encoder', 'none', '--out', out],
];

/** All that a student scores with; its card also tells of its speed. */
const contents = (out: string): [string, string][] =>
  readdirSync(out, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/card\.json|README\.md/.test(entry.name))
    .map((entry): [string, string] => [
      join(entry.parentPath, entry.name).slice(out.length),
      readFileSync(join(entry.parentPath, entry.name), 'base64'),
    ])
    .sort();

test('a cross-encoder whose training is killed goes on from its last epoch, to the same student byte for byte', async () => {
  const child = spawn(process.execPath, ['dist/surfaces/cli/main.js', ...args(at('killed'))], {
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  const training = at('killed.training');
  // The second fold has begun: the first is finished, and not all of it is thrown away.
  const begun = (): boolean => existsSync(join(training, 'cross-encoder/all/fold-2.json'));
  while (!begun() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 2));
  child.kill('SIGKILL');
  await ended;
  expect(child.signalCode).toBe('SIGKILL');
  expect(existsSync(at('killed/student.json'))).toBe(false);

  const stages = async (out: string): Promise<Set<string>> => {
    const seen = new Set<string>();
    const { code } = await rankforge(args(out), { onProgress: ({ stage }) => seen.add(stage) });
    expect(code).toBe(0);
    return new Set([...seen].filter((stage) => stage.startsWith('train')));
  };
  const whole = await stages(at('whole'));
  expect([...whole]).toContain('train cross-encoder, fold-1');
  const resumed = await stages(at('killed'));
  expect([...resumed]).not.toContain('train cross-encoder, fold-1');
  expect(contents(at('killed'))).toEqual(contents(at('whole')));
  expect(contents(at('whole')).length).toBeGreaterThan(2);
  expect(existsSync(training)).toBe(false);
});
