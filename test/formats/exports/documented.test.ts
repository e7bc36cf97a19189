import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { exampleFields } from '../../../src/formats/exports/example-fields.js';
import { exportFormatNames, exportFormats } from '../../../src/formats/exports/formats.js';

const page = readFileSync(new URL('../../../docs/formats/exports.md', import.meta.url), 'utf8');

test('the table of what each format holds is true to the code', () => {
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (.+) \|$/gm)].map(([, name, fields]) => [name, fields]);
  expect(rows).toEqual(
    exportFormatNames.map((name) => {
      const { holds } = exportFormats[name];
      return [name, holds.length === exampleFields.length ? 'everything' : holds.join(', ')];
    }),
  );
});
