/**
 * Runs benchmarks one after the other: `npm run bench` all of them, `npm run bench -- bm25 orchestration` some.
 * Each prints one JSON object on stdout; all of them land in out/bench/results.json beside what the machine is.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus, platform, release, totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const known = readdirSync(folder)
  .filter((name) => name.endsWith('.ts') && name !== 'run.ts')
  .map((name) => basename(name, '.ts'));
const wanted = process.argv.slice(2).length > 0 ? process.argv.slice(2) : known;
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}. Known: ${known.join(', ')}.`);
  process.exit(2);
}

const results: Record<string, unknown> = {
  machine: {
    processor: cpus()[0]?.model,
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()}`,
    node: process.version,
  },
};
let failed = 0;
for (const name of wanted) {
  console.error(`\n== ${name}`);
  const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', join(folder, `${name}.ts`)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    results[name] = JSON.parse(stdout);
  } catch {
    results[name] = { failed: true, status };
    failed += 1;
  }
}
mkdirSync('out/bench', { recursive: true });
writeFileSync('out/bench/results.json', `${JSON.stringify(results, null, 2)}\n`);
console.error('\nResults in out/bench/results.json');
process.exit(failed > 0 ? 1 : 0);
