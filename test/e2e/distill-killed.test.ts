import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rankforge } from './run-in-process.js';

const words = 'apple bread cheese date egg fig grape honey ice juice kale lemon'.split(' ');
const queryCount = 24;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rankforge-killed-'));
  const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  writeFileSync(
    at('corpus.jsonl'),
    lines(Array.from({ length: 40 }, (_, i) => ({ _id: `p${i}`, text: textOf(i) }))),
  );
  writeFileSync(
    at('queries.jsonl'),
    lines(Array.from({ length: queryCount }, (_, q) => ({ _id: `q${q}`, text: `${words[q % 12]} ${q}` }))),
  );
  writeRun('run.trec', (_, place) => 10 - place);
  // Long passages are the better ones, which texts show and no untrained ranking knows.
  writeRun('teacher.trec', (p) => textOf(p).length + p / 1000);
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);
const textOf = (i: number): string =>
  Array.from({ length: 3 + ((i * 7) % 20) }, (_, k) => words[(i * 5 + k * 3) % words.length]).join(' ');

function writeRun(name: string, scoreOf: (passage: number, place: number) => number): void {
  const rows = Array.from({ length: queryCount }, (_, q) =>
    Array.from({ length: 8 }, (_, i) => (q * 11 + i * 7) % 40)
      .map((p, place) => ({ p, score: scoreOf(p, place) }))
      .sort((a, b) => b.score - a.score)
      .map(({ p, score }, rank) => `q${q} Q0 p${p} ${rank + 1} ${score} t\n`),
  );
  writeFileSync(at(name), rows.flat().join(''));
}

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
