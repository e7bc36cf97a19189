import { createRequire } from 'node:module';

/** This package's version, as in its package.json. */
export const packageVersion: string = (
  createRequire(import.meta.url)('../../package.json') as { version: string }
).version;
