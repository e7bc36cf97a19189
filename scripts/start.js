// `npm start`: set-up, then the main job on the bundled sample. Extra arguments go to `rankforge forge`.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root, setUp } from './set-up.js';

setUp();
const args = ['forge', 'datasets/handbook/recipe.yaml', '--out', 'out/handbook', ...process.argv.slice(2)];
const child = spawn(process.execPath, [join(root, 'dist/surfaces/cli/main.js'), ...args], {
  cwd: root,
  stdio: 'inherit',
});
// The terminal sends Ctrl-C to both processes: the child stops cleanly, and this one waits for its exit code.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
// A gate that is not passed is a result, which the report explains, and no failure of the run.
child.on('exit', (code) => process.exit(code === 4 ? 0 : (code ?? 1)));
