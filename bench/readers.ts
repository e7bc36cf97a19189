/**
 * Pairs a second that students which read texts score, on one thread, and the sizes of their files.
 * Texts are SciFact's abstracts; weights are untrained, which changes no time. `npx tsx bench/readers.ts`
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { passageText } from '../src/core/passage.js';
import { fineTunedCrossEncoder, tinyCrossEncoder } from '../src/distill/students/cross-encoder.js';
import { staticArchitecture } from '../src/distill/students/static.js';
import { openReader } from '../src/distill/texts/open-reader.js';
import type { TextArchitecture } from '../src/distill/texts/text-architecture.js';
import { loadDataset } from '../src/formats/dataset.js';
import { cacheFolder } from '../src/models/weights/cache.js';

const { passages, queries } = await loadDataset(process.argv[2] ?? '../shared/data/scifact');
const texts = [...passages.values()].map(passageText);
const short = texts.map((text) => text.split(' ').slice(0, 60).join(' '));
const [query] = [...queries.values()];
const miniLm = join(cacheFolder(), 'weights', 'all-minilm-l6-v2');

async function measure<Row>(name: string, architecture: TextArchitecture<Row>, count: number): Promise<void> {
  const reader = architecture.finish(architecture.start(architecture.build({ dropout: false }).tape));
  const bytes = [...reader.files].filter(([file]) => !file.startsWith('transformers'));
  const size = bytes.reduce((sum, [, content]) => sum + content.length, 0);
  await using scorer = await openReader(reader, { threads: 1 });
  for (const [length, list] of [
    ['whole', texts],
    ['60 words', short],
  ] as const) {
    const given = list.slice(0, count);
    // CPU time, so that what else runs on the machine counts less.
    const rateOf = async (passages: readonly string[]): Promise<string> => {
      const before = process.cpuUsage();
      await scorer.score(query!.text, passages);
      const { user, system } = process.cpuUsage(before);
      return ((1e6 * passages.length) / (user + system)).toFixed(0);
    };
    await rateOf(list.slice(-Math.ceil(count / 4)));
    const first = await rateOf(given);
    const again = await rateOf(given);
    console.log(
      `${name}, ${length}: ${first} pairs/s of CPU time, again ${again}, ${(size / 1e6).toFixed(2)} MB`,
    );
  }
}

const sample = new Set(texts);
await measure('static bag', await staticArchitecture(sample, { seed: 1 }), 4000);
await measure('static late', await staticArchitecture(sample, { seed: 1, interaction: 'late' }), 2000);
await measure('tiny cross-encoder float32', tinyCrossEncoder(sample, { seed: 1, precision: 'float32' }), 400);
await measure('tiny cross-encoder int8', tinyCrossEncoder(sample, { seed: 1, precision: 'int8' }), 400);
if (existsSync(miniLm)) {
  const weights = { id: 'all-minilm-l6-v2', folder: miniLm };
  await measure('MiniLM cross-encoder int8', await fineTunedCrossEncoder({ seed: 1, weights }), 60);
}
