import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of public test collections that lies beside a checkout, or RANKFORGE_SHARED_DATA. */
const root =
  process.env.RANKFORGE_SHARED_DATA ?? fileURLToPath(new URL('../../shared/data/', import.meta.url));

/** Path of a collection's file, for instance `sharedData('dl19', 'qrels', 'test.tsv')`. */
export const sharedData = (...parts: string[]): string => [root.replace(/\/$/, ''), ...parts].join('/');

/** Whether a collection is there. Tests that need it use `test.skipIf(!hasSharedData('dl19'))` and say so in their name. */
export const hasSharedData = (name: string): boolean => existsSync(sharedData(name));
