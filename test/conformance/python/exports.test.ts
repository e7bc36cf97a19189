import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { writeCroissant } from '../../../src/formats/cards/croissant.js';
import { writeDatasetCard } from '../../../src/formats/cards/dataset-card.js';
import { countSet } from '../../../src/formats/cards/set-statistics.js';
import { exportExamples } from '../../../src/formats/exports/export-examples.js';
import { exportFormatNames } from '../../../src/formats/exports/formats.js';
import { trainingFrame } from '../../../src/rerank/training-frame.js';
import { sampleSet } from '../../formats/exports/sample-set.js';
import { temporaryFolder } from '../../formats/temporary-folder.js';

/** RANKFORGE_PYTHON names a Python with the packages of requirements.txt; each check is skipped by name where its own are not there. */
const python = process.env.RANKFORGE_PYTHON;
const present =
  python !== undefined && spawnSync(python, ['-c', 'import datasets'], { stdio: 'ignore' }).status === 0;
const script = fileURLToPath(new URL('./conformance.py', import.meta.url));

interface Check {
  readonly check: string;
  readonly result: 'passed' | 'failed' | 'skipped';
  readonly seen: unknown;
}

describe.skipIf(!present)(
  'exports in the tools that they are for (needs RANKFORGE_PYTHON with datasets)',
  () => {
    test('each loads what was written for it', { timeout: 1_200_000 }, async (context) => {
      const folder = temporaryFolder();
      const source = () => sampleSet();
      const options = { frame: trainingFrame() };
      const formats = await exportExamples(source, exportFormatNames, folder, options);
      const description = {
        details: { name: 'A sample', license: 'cc-by-4.0', languages: ['en'] },
        statistics: await countSet(source),
        formats,
      };
      await writeDatasetCard(folder, description);
      await writeCroissant(folder, description, options);

      const child = spawn(python!, [script, folder], { stdio: ['ignore', 'pipe', 'ignore'] });
      const ended = once(child, 'exit');
      const checks: Check[] = [];
      for await (const line of createInterface(child.stdout)) checks.push(JSON.parse(line) as Check);
      await ended;
      expect(checks.filter(({ result }) => result === 'failed')).toEqual([]);
      // What the script knows is what there is to export, and the two cards.
      expect(checks.map(({ check }) => check).sort()).toEqual(
        [...exportFormatNames.filter((name) => name !== 'examples'), 'dataset-card', 'croissant'].sort(),
      );
      const skipped = checks.filter(({ result }) => result === 'skipped');
      for (const { check, seen } of skipped) await context.annotate(`${check} skipped: ${String(seen)}`);
      expect(skipped.length).toBeLessThan(checks.length);
    });
  },
);
