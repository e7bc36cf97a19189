// `npm test`: set-up, then every test. The last line is `N passed, N failed`, for machines.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, setUp } from './set-up.js';

setUp();
const folder = mkdtempSync(join(tmpdir(), 'rankforge-test-'));
const output = join(folder, 'results.json');
const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${output}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
);
if (!existsSync(output)) {
  console.error('The test runner ended without results: what it printed above says why.');
  console.log('0 passed, 1 failed');
  process.exit(status || 1);
}
const results = JSON.parse(readFileSync(output, 'utf8'));
rmSync(folder, { recursive: true, force: true });
// A file that does not load has no failed test of its own, and still is a failure.
const broken = results.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
).length;
const failed = results.numFailedTests + broken;
const skipped = results.numPendingTests + results.numTodoTests;
console.log(`${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed > 0 || results.numPassedTests === 0 ? 1 : (status ?? 1));
