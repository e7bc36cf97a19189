import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const { exports, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  exports: Record<string, unknown>;
  peerDependencies: Record<string, string>;
};
// A framework's surface extends its classes, so it wants the framework beside it.
const frameworks = ['./langchain', './llamaindex'];
const subpaths = Object.keys(exports).filter((path) => !path.endsWith('.json') && !frameworks.includes(path));
let project: string;

// npm's own script when npm runs the tests: npm.cmd cannot be spawned without a shell.
const npm = (args: string[], cwd: string): string => {
  const script = process.env.npm_execpath;
  return script?.endsWith('.js')
    ? execFileSync(process.execPath, [script, ...args], {
        cwd,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      })
    : execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
};
const node = (code: string): string =>
  execFileSync(process.execPath, ['--input-type=module', '-e', code], { cwd: project, encoding: 'utf8' });

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'rankforge-pack-'));
  const [{ filename }] = JSON.parse(
    npm(['pack', '--ignore-scripts', '--json', '--pack-destination', project], process.cwd()),
  ) as [{ filename: string }];
  writeFileSync(join(project, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }');
  npm(
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', `./${filename}`],
    project,
  );
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

test.each(subpaths)('an empty project that installs the package can import %s', (subpath) => {
  const name = subpath === '.' ? 'rankforge' : `rankforge/${subpath.slice(2)}`;
  expect(Number(node(`console.log(Object.keys(await import('${name}')).length)`))).toBeGreaterThan(0);
});

test.each(frameworks)('%s asks for its framework by name where it is not there', (subpath) => {
  const found = node(
    `import('rankforge/${subpath.slice(2)}').then(() => 'loaded', ({ message }) => message).then(console.log)`,
  );
  expect(found).toMatch(subpath === './langchain' ? /@langchain\/core/ : /@llamaindex\/core/);
});

test('rankforge/rerank loads no native module', () => {
  const report = node(`
    const loaded = [];
    const open = process.dlopen;
    process.dlopen = function (module, path, ...rest) { loaded.push(path); return open.call(this, module, path, ...rest); };
    await import('rankforge/rerank');
    console.log(JSON.stringify(loaded));
  `);
  expect(JSON.parse(report)).toEqual([]);
});

test('the probe for native modules sees one when there is one', () => {
  const report = node(`
    const loaded = [];
    const open = process.dlopen;
    process.dlopen = function (module, path, ...rest) { loaded.push(path); return open.call(this, module, path, ...rest); };
    await import('lmdb');
    console.log(loaded.length);
  `);
  expect(Number(report)).toBeGreaterThan(0);
});

test('optional peers are not installed, and what needs one says which to install', () => {
  const header = Buffer.alloc(32);
  header.write('GGUF');
  header.writeUInt32LE(3, 4);
  writeFileSync(join(project, 'model.gguf'), header);
  const report = node(`
    process.env.RANKFORGE_HOME = './home';
    const { openModel } = await import('rankforge/models');
    const error = await openModel('./model.gguf').catch((error) => error);
    console.log(JSON.stringify({ code: error.code, hint: error.hint }));
  `);
  expect(JSON.parse(report)).toMatchObject({
    code: 'missing-package',
    hint: expect.stringContaining('node-llama-cpp'),
  });
  for (const peer of Object.keys(peerDependencies)) {
    expect(() => node(`await import('${peer}')`)).toThrow(/ERR_MODULE_NOT_FOUND/);
  }
});

test('types are shipped for every subpath', () => {
  for (const subpath of subpaths) {
    const types = (exports[subpath] as { types: string }).types;
    expect(readFileSync(join(project, 'node_modules/rankforge', types), 'utf8')).toMatch(/export/);
  }
});

test('strict types need no package that is not installed', () => {
  // An adapter's types are its framework's; all others are to be had without any.
  const names = subpaths.filter((path) => path !== './ai-sdk').map((path) => `rankforge${path.slice(1)}`);
  writeFileSync(
    join(project, 'all.ts'),
    names.map((name, index) => `export * as m${index} from '${name}';`).join('\n'),
  );
  const typeRoots = resolve('node_modules/@types');
  const { stdout } = spawnSync(
    process.execPath,
    [
      resolve('node_modules/typescript/bin/tsc'),
      ...['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022'],
      ...['--types', 'node', '--typeRoots', typeRoots, 'all.ts'],
    ],
    { cwd: project, encoding: 'utf8' },
  );
  expect(stdout).toBe('');
});

test('the command runs from the installed package', () => {
  const out = execFileSync(
    process.execPath,
    ['node_modules/rankforge/dist/surfaces/cli/main.js', '--version'],
    { cwd: project, encoding: 'utf8' },
  );
  expect(out.trim()).toMatch(/^\d+\.\d+\.\d+$/);
});
