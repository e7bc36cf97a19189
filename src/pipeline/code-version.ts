import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageVersion } from '../core/version.js';

let known: string | undefined;

/**
 * The package's version and a hash of its running code and prompts: an artefact of other code is made again,
 * also between two builds of one version.
 */
export function codeVersion(): string {
  if (known) return known;
  const hash = createHash('sha256');
  for (const folder of ['../', '../../prompts/']) {
    const root = fileURLToPath(new URL(folder, import.meta.url));
    for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()) {
      if (/\.(js|md)$|(?<!\.d)\.ts$/.test(name)) hash.update(name).update(readFileSync(join(root, name)));
    }
  }
  known = `${packageVersion}+${hash.digest('hex').slice(0, 12)}`;
  return known;
}
