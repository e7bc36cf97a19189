import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LedgerRecord, openLedger } from '../../../src/models/door/ledger.js';
import { requestKey } from '../../../src/models/door/request-key.js';

const [mount, unmount] = ['mount', 'umount'] as const;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankforge-ledger-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const record = (reply: unknown): LedgerRecord => ({
  model: 'm',
  operation: 'nextToken',
  request: { a: 1 },
  sample: 0,
  reply,
});

test('what was put is there after the ledger is opened again, exactly', async () => {
  const path = join(folder, 'again');
  const reply = { logProbabilities: [-0.1, null, Number.NEGATIVE_INFINITY], text: 'é 漢 🙂' };
  {
    await using ledger = await openLedger(path);
    await ledger.put('k', record(reply));
  }
  await using ledger = await openLedger(path, { readOnly: true });
  expect(ledger.get('k')).toEqual(record(reply));
  expect(ledger.get('other')).toBeUndefined();
  expect(ledger.size).toBe(1);
});

test('two holders of one folder see each other', async () => {
  const path = join(folder, 'shared');
  await using first = await openLedger(path);
  await using second = await openLedger(path);
  await first.put('a', record(1));
  await new Promise((resolve) => setImmediate(resolve));
  expect(second.get('a')?.reply).toBe(1);
});

test('the key depends on what was asked and not on how it was spelt', () => {
  const call = { model: 'm', operation: 'generate', request: { a: 1, b: [1, 2] }, sample: 0 } as const;
  expect(requestKey({ ...call, request: { b: [1, 2], a: 1, c: undefined } })).toBe(requestKey(call));
  const others = [
    { ...call, model: 'n' },
    { ...call, sample: 1 },
    { ...call, operation: 'likelihood' as const },
    { ...call, request: { a: 1, b: [2, 1] } },
  ];
  expect(new Set([call, ...others].map(requestKey)).size).toBe(5);
});

test('a folder that cannot be made is a typed error', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  await expect(openLedger(join(file, 'ledger'))).rejects.toMatchObject({
    code: 'missing-file',
    where: join(file, 'ledger'),
  });
});

test('a folder that is no ledger is a typed error', async () => {
  const path = join(folder, 'torn');
  await mkdir(path);
  await writeFile(join(path, 'data.mdb'), 'not a database at all, but long enough to be read'.repeat(400));
  await expect(openLedger(path)).rejects.toMatchObject({ code: 'bad-file', where: path });
});

/** Runs on a disk of so many KiB. */
async function onSmallDisk(
  path: string,
  kibibytes: number,
  skip: (why: string) => void,
  run: () => Promise<void>,
) {
  await mkdir(path);
  try {
    execFileSync(mount, ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    skip('needs the right to mount a tmpfs');
  }
  try {
    await run();
  } finally {
    execFileSync(unmount, ['-l', path]);
  }
}

// Random digits, since the ledger compresses.
const noise = (pieces: number) => Array.from({ length: pieces }, () => Math.random().toString(36)).join('');

test('a full disk is a typed error, and what was written before stays', async ({ skip }) => {
  const path = join(folder, 'full');
  await onSmallDisk(path, 512, skip, async () => {
    await using ledger = await openLedger(join(path, 'ledger'));
    await ledger.put('first', record('kept'));
    const fill = async () => {
      for (let i = 0; i < 40; i++) await ledger.put(`k${i}`, record(noise(4000)));
    };
    await expect(fill()).rejects.toMatchObject({ code: 'disk-full', where: join(path, 'ledger') });
    expect(ledger.get('first')?.reply).toBe('kept');
  });
});

test('what many put at once on a disk that fills is on it, or told to have failed', async ({ skip }) => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  const path = join(folder, 'full-at-once');
  const kept: string[] = [];
  const failures: unknown[] = [];
  try {
    await onSmallDisk(path, 700, skip, async () => {
      {
        await using ledger = await openLedger(path);
        const fill = async (writer: number) => {
          for (let i = 0; failures.length < 12 && i < 400; i++) {
            const key = `${writer}-${i}`;
            await ledger.put(key, record(key + noise(20 + ((i * 37) % 200)))).then(
              () => kept.push(key),
              ({ code }) => failures.push(code),
            );
          }
        };
        await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(fill));
      }
      await using again = await openLedger(path, { readOnly: true });
      expect(kept.filter((key) => !String(again.get(key)?.reply).startsWith(key))).toEqual([]);
    });
    expect(kept.length).toBeGreaterThan(50);
    expect(new Set(failures)).toEqual(new Set(['disk-full']));
    expect(unhandled).toEqual([]);
  } finally {
    process.off('unhandledRejection', note);
  }
});
