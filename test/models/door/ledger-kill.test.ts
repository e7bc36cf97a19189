import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { openLedger } from '../../../src/models/door/ledger.js';

const writer = fileURLToPath(new URL('../../fixtures/ledger-writer.ts', import.meta.url));
const kills = 50;
const atOnce = 5;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankforge-kill-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Starts a writer, kills it a moment after its first answer, and returns the complete lines it printed. */
function writeAndKill(name: string, afterMs: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', writer, folder, name], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.stdout.on('data', (chunk) => {
      if (out === '') setTimeout(() => child.kill('SIGKILL'), afterMs);
      out += chunk;
    });
    child.on('close', (_code, signal) => {
      if (signal === 'SIGKILL') resolve(out.split('\n').slice(0, -1));
      else reject(new Error(`The writer ended by itself: ${err}`));
    });
  });
}

test(`${kills} processes killed while they write lose no reply that they had given`, async () => {
  const random = randomStream(1, 'kill');
  const acknowledged = new Map<string, string>();
  for (let round = 0; round < kills / atOnce; round++) {
    const writers = Array.from({ length: atOnce }, (_, index) =>
      writeAndKill(`${round}-${index}`, random.int(60)),
    );
    for (const line of (await Promise.all(writers)).flat())
      acknowledged.set(line.slice(0, 64), line.slice(65));
  }
  expect(acknowledged.size).toBeGreaterThan(kills);

  await using ledger = await openLedger(folder);
  const lost = [...acknowledged].filter(
    ([key, text]) => (ledger.get(key)?.reply as { text?: string } | undefined)?.text !== text,
  );
  expect(lost).toEqual([]);
  let whole = 0;
  for (const [key, record] of ledger.entries()) {
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect((record.reply as { text: string }).text).toMatch(/^reply to \d+-\d+-\d+$/);
    whole += 1;
  }
  expect(whole).toBe(ledger.size);
  await ledger.put('after', { model: 'stub', operation: 'generate', request: {}, sample: 0, reply: {} });
  expect(ledger.get('after')).toBeDefined();
});
