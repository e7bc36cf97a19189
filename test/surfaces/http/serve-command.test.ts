import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { runCli } from '../../../src/surfaces/cli/run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'rankforge-serve-'));
afterEach(() => vi.unstubAllEnvs());

/** A command that serves, in this process: what it printed, its exit code, and its stop. */
function start(args: readonly string[]) {
  const stop = new AbortController();
  let stderr = '';
  const code = runCli(args, {
    signal: stop.signal,
    onProgress: () => {},
    stdout: () => {},
    stderr: (text) => {
      stderr += text;
    },
  });
  return { code, stop: () => stop.abort(), stderr: () => stderr };
}

test.each([
  ['beyond this machine without a key', ['--host', '0.0.0.0'], 2, /open to all.*\n.*--api-key-file/],
  ['a port that is none', ['--port', '70000'], 2, /0 to 65535/],
  ['a comparator that is none', ['--compare', 'frist'], 2, /Did you mean "first"/],
  ['a method with nothing to compare by', ['--method', 'full'], 2, /--compare/],
  ['a key file that is not there', ['--api-key-file', join(folder, 'none')], 1, /no such file/],
  ['a card that is not there', ['--reranker', join(folder, 'none')], 1, /no such file/],
])('%s', async (_, flags, code, message) => {
  const run = start(['serve', ...flags]);
  expect(await run.code).toBe(code);
  expect(run.stderr()).toMatch(message);
});

test('serves what is named until it is stopped, with keys of the file and of the environment', async () => {
  const file = join(folder, 'keys');
  writeFileSync(file, 'from-the-file\n');
  vi.stubEnv('RANKFORGE_API_KEY', 'from-the-environment');
  const run = start(['serve', '--port', '0', '--compare', 'bm25', '--api-key-file', file, '--name', 'ours']);
  await expect.poll(run.stderr, { timeout: 10_000 }).toMatch(/Serving bm25 at/);
  const url = /at (http:\S+)/.exec(run.stderr())![1]!;
  for (const key of ['from-the-file', 'from-the-environment', 'another']) {
    const reply = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    expect(reply.status).toBe(key === 'another' ? 401 : 200);
    if (reply.ok) expect(await reply.json()).toMatchObject({ data: [{ id: 'ours' }] });
  }
  run.stop();
  expect(await run.code).toBe(0);
  expect(run.stderr()).not.toContain('from-the');
  await expect(fetch(url)).rejects.toThrow();
});

test('a card is served as it says', async () => {
  const card = {
    format: 1,
    name: 'c',
    program: 'full',
    comparator: 'bm25',
    depth: 5,
    figures: [],
    limits: '',
  };
  const file = join(folder, 'card.json');
  writeFileSync(file, JSON.stringify(card));
  const run = start(['serve', '--port', '0', '--reranker', file, '--quiet']);
  await expect.poll(run.stderr, { timeout: 10_000 }).toMatch(/Serving bm25 at/);
  run.stop();
  expect(await run.code).toBe(0);
});
