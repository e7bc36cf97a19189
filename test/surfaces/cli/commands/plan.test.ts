import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli } from '../../../../src/surfaces/cli/run-cli.js';
import { temporaryFolder } from '../../../formats/temporary-folder.js';

async function planned(method: string, ...flags: string[]): Promise<string> {
  const qrels = join(temporaryFolder(), 'qrels.txt');
  writeFileSync(qrels, 'typical 0 d1 1\n');
  let out = '';
  const argv = ['plan', '--method', method, '--compare', 'oracle', '--qrels', qrels, ...flags];
  const code = await runCli(argv, {
    stdout: (text) => {
      out += text;
    },
    stderr: () => {},
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  expect(code).toBe(0);
  return out;
}

test('a program whose calls hang on outcomes is shown with the most that it can take', async () => {
  const table = await planned('tdpart', '--depth', '100');
  expect(table).toMatch(/calls .*estimate, at most 31 calls/);
  expect(table).toMatch(/rounds a query .*estimate, at most 17\.0 rounds/);
  expect(JSON.parse(await planned('tdpart', '--depth', '100', '--json'))).toMatchObject({
    exact: { calls: false },
    most: { calls: 31, rounds: 17 },
  });
});

test('one whose calls do not is exact, and its most is the same', async () => {
  expect(await planned('sliding:20/10', '--depth', '100')).toMatch(/calls +9 +exact/);
  expect(JSON.parse(await planned('sliding:20/10', '--depth', '100', '--json'))).toMatchObject({
    calls: 9,
    most: { calls: 9, rounds: 9 },
  });
});
