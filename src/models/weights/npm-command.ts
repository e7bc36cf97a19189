import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * How to run npm without a shell: its own script under this Node where it can be found (`npm.cmd` cannot be started
 * without a shell on Windows), else `npm` on the PATH.
 */
export function npmCommand(): [string, ...string[]] {
  const beside = dirname(process.execPath);
  const scripts = [
    process.env.npm_execpath,
    join(beside, 'node_modules/npm/bin/npm-cli.js'),
    join(beside, '../lib/node_modules/npm/bin/npm-cli.js'),
  ];
  const script = scripts.find((path) => path?.endsWith('npm-cli.js') && existsSync(path));
  return script ? [process.execPath, script] : ['npm'];
}
