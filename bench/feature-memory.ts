/**
 * Memory of training on a feature file, in a process of its own: two folds and the student that is kept, few rounds of each.
 *
 *     npx tsx bench/feature-memory.ts FILE --student lambdamart [--rounds 4] [--in-memory MIB]
 */
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { readFeatureFile } from '../src/distill/feature-files/feature-lists.js';
import { featureSettings } from '../src/distill/feature-files/feature-settings.js';
import { featureVersion } from '../src/distill/features/feature-set.js';
import type { StudentKind } from '../src/distill/students/scorer.js';
import { defaultSettings } from '../src/distill/students/student-settings.js';
import { trainStudent } from '../src/distill/train-student.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    student: { type: 'string', default: 'lambdamart' },
    rounds: { type: 'string', default: '4' },
    'in-memory': { type: 'string', default: '64' },
  },
});
const [path] = positionals;
if (!path) throw new Error('Name a feature file.');
const kind = values.student as StudentKind;
const rounds = Number(values.rounds);
const seed = 7;
const spill = { folder: tmpdir(), inMemory: Number(values['in-memory']) * 2 ** 20 };

const peak = (): number => Math.round(process.resourceUsage().maxRSS / 1024);
using file = await readFeatureFile(path, { labels: 'grades', seed, spill });
const { lists, names, rows } = file;
const read = peak();
const [settings] = featureSettings(kind, rows) ?? defaultSettings(kind);
const features = { version: featureVersion, dense: false, firstStage: false, given: true, names };
const few = { ...settings!, trees: rounds, epochs: rounds };
const before = process.cpuUsage();
await trainStudent(lists, {
  ...{ kind, features, labels: 'grades', seed, prior: {}, settings: [few], folds: 2, spill },
});
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ kind, rows, readMiB: read, peakMiB: peak(), seconds: (user + system) / 1e6 }));
