// Installs and builds what is missing or stale, and nothing else. Plain JavaScript: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs a command without a shell and ends this process with its exit code when it fails. */
function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

// npm's own script when npm started us; on Windows npm.cmd cannot be spawned without a shell.
function npm(...args) {
  const script = process.env.npm_execpath;
  if (script?.endsWith('.js')) return run(process.execPath, [script, ...args]);
  return run('npm', args);
}

function hashOf(...paths) {
  const hash = createHash('sha256').update(process.version);
  const add = (path) => {
    hash.update(path);
    hash.update(readFileSync(join(root, path)));
  };
  for (const path of paths) {
    if (path.endsWith('/')) {
      const files = readdirSync(join(root, path), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
      // The file system's own order may change without any file changing.
      for (const file of files.sort()) add(file);
    } else add(path);
  }
  return hash.digest('hex');
}

function unlessFresh(marker, hash, make) {
  const path = join(root, marker);
  if (existsSync(path) && readFileSync(path, 'utf8') === hash) return;
  rmSync(path, { force: true });
  make();
  writeFileSync(path, hash);
}

/** Installs the packages of the lock file and builds dist/, each only when its inputs changed. */
export function setUp() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(
      `rankforge needs Node 20.19 or newer; this is ${process.version}. Install a newer one and run the command again.`,
    );
    process.exit(2);
  }
  unlessFresh('node_modules/.rankforge-installed', hashOf('package.json', 'package-lock.json'), () => {
    console.error('Installing packages …');
    // Not `npm ci`: it refuses a lock file without the optional packages of other platforms, which some registries do
    // not mirror, and those that are overridden away. The lock file was made on Linux, so elsewhere the ranges decide.
    npm(
      'install',
      '--no-save',
      '--no-audit',
      '--no-fund',
      // Warnings here are of what only tests use, such as the AI SDK 7, which asks for a newer Node than it needs.
      '--loglevel=error',
      ...(process.platform === 'linux' ? [] : ['--no-package-lock']),
    );
  });
  unlessFresh(
    'dist/.rankforge-built',
    hashOf('src/', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'),
    () => {
      console.error('Building …');
      rmSync(join(root, 'dist'), { recursive: true, force: true });
      run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
    },
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp();
