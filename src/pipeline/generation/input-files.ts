import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listSplits } from '../../formats/dataset.js';
import type { Recipe } from '../recipe/recipe.js';

type Files = Record<string, string>;

/** Files besides the dataset's that generation reads, by what they are to it. */
export function generationFiles({ dataset, generate }: Recipe): Files {
  const { sample, examples, negatives, judge, hygiene } = generate;
  const shown = dataset !== undefined && examples?.split !== undefined;
  return {
    ...(sample.method === 'query-log' && { 'query log': sample.log }),
    ...(examples?.file !== undefined && { examples: examples.file }),
    ...(shown && beirFiles(dataset, 'examples', [`qrels/${examples.split}.tsv`])),
    ...(negatives.threshold !== undefined && { threshold: negatives.threshold }),
    ...(judge.calibration !== undefined && { 'judge calibration': judge.calibration }),
    ...Object.assign(
      {},
      ...hygiene.against.map((folder, index) => evaluationFiles(folder, `against ${index}`)),
    ),
  };
}

const evaluationFiles = (folder: string, as: string): Files =>
  beirFiles(folder, as, [
    'queries.jsonl',
    'corpus.jsonl',
    ...listSplits(folder).map((split) => `qrels/${split}.tsv`),
  ]);

/** Those of the named files that a folder has, each as it is or compressed. */
export const beirFiles = (folder: string, as: string, names: readonly string[]): Files =>
  Object.fromEntries(
    names
      .flatMap((name) => [name, `${name}.gz`])
      .map((name) => [`${as}/${name}`, join(folder, name)])
      .filter(([, path]) => existsSync(path!)),
  );
