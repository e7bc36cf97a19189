import { basename, resolve } from 'node:path';
import type { GenerateSection } from './generate-section.js';

/** A recipe, as far as it names files. */
interface NamesFiles {
  readonly dataset?: string | undefined;
  readonly encoder: string;
  readonly models: Readonly<Record<string, { readonly model: string }>>;
  readonly generate: GenerateSection;
}

/** Every file and folder that a recipe names, but for models: each `change`d, and the rest as it is. */
function mapPaths<R extends NamesFiles>(recipe: R, change: (path: string) => string): R {
  const { dataset, generate } = recipe;
  const { sample, examples, negatives, judge, hygiene } = generate;
  return {
    ...recipe,
    ...(dataset !== undefined && { dataset: change(dataset) }),
    generate: {
      ...generate,
      sample: sample.method === 'query-log' ? { ...sample, log: change(sample.log) } : sample,
      ...(examples && { examples: { ...examples, ...(examples.file && { file: change(examples.file) }) } }),
      negatives: { ...negatives, ...(negatives.threshold && { threshold: change(negatives.threshold) }) },
      judge: { ...judge, ...(judge.calibration && { calibration: change(judge.calibration) }) },
      hygiene: { ...hygiene, against: hygiene.against.map(change) },
    },
  };
}

/** Relative paths count from the recipe's folder. */
export const withPathsFrom = <R extends NamesFiles>(recipe: R, folder: string): R =>
  mapPaths(recipe, (path) => resolve(folder, path));

/** A recipe by what it says, wherever it and its files lie: of each path, those of weights included, the name alone. */
export function withoutPlaces<R extends NamesFiles>(recipe: R): R {
  const { models, encoder } = recipe;
  return {
    ...mapPaths(recipe, (path) => basename(resolve(path))),
    encoder: weightsName(encoder),
    models: Object.fromEntries(
      Object.entries(models).map(([name, entry]) => [name, { ...entry, model: weightsName(entry.model) }]),
    ),
  };
}

/** Weights that are named by a path: without its folder. Aliases, URIs and served models as they are. */
export const weightsName = (name: string): string =>
  /^file:/.test(name) || (!/^[a-z]+:/.test(name) && /[\\/]/.test(name))
    ? basename(name.replace(/^file:/, ''))
    : name;
