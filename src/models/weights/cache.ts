import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder that downloaded weights live in: RANKFORGE_HOME, or `.cache/rankforge` in the user's home. */
export function cacheFolder(): string {
  return process.env.RANKFORGE_HOME || join(homedir(), '.cache', 'rankforge');
}
