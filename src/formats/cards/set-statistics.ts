import type { Example } from '../../core/example.js';
import { type ExampleSource, type Split, splits } from '../exports/export-format.js';

export interface SplitStatistics {
  readonly queries: number;
  readonly passages: number;
  /** Passages by grade, 0 to 3. */
  readonly grades: readonly [number, number, number, number];
  /** Passages with a teacher's score. */
  readonly scored: number;
  /** Queries with a teacher's thinking. */
  readonly withThinking: number;
}

/** What a card says of a set. */
export interface SetStatistics {
  /** Splits that have examples. */
  readonly splits: ReadonlyMap<Split, SplitStatistics>;
  readonly total: SplitStatistics;
  /** Passages by origin, most first. */
  readonly origins: ReadonlyMap<string, number>;
  /** Models, recipes and prompts that the examples name; models without the address of a server, which may be private. */
  readonly models: readonly string[];
  readonly recipes: readonly string[];
  readonly prompts: readonly string[];
}

interface Counts {
  queries: number;
  passages: number;
  grades: [number, number, number, number];
  scored: number;
  withThinking: number;
}

const noCounts = (): Counts => ({
  queries: 0,
  passages: 0,
  grades: [0, 0, 0, 0],
  scored: 0,
  withThinking: 0,
});

/** Goes through a set once. */
export async function countSet(
  source: ExampleSource,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<SetStatistics> {
  const counts = new Map<Split, Counts>();
  const total = noCounts();
  const origins = new Map<string, number>();
  const [models, recipes, prompts] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for await (const example of source()) {
    signal?.throwIfAborted();
    const own = counts.get(example.split) ?? noCounts();
    counts.set(example.split, own);
    for (const one of [own, total]) addTo(one, example);
    for (const { origin } of example.passages) origins.set(origin, (origins.get(origin) ?? 0) + 1);
    const { modelId, recipeHash, promptId } = example.provenance ?? {};
    if (modelId !== undefined) models.add(withoutAddress(modelId));
    if (recipeHash !== undefined) recipes.add(recipeHash);
    if (promptId !== undefined) prompts.add(promptId);
  }
  return {
    splits: new Map(splits.flatMap((split) => (counts.has(split) ? [[split, counts.get(split)!]] : []))),
    total,
    origins: new Map([...origins].sort(([, a], [, b]) => b - a)),
    models: [...models].sort(),
    recipes: [...recipes].sort(),
    prompts: [...prompts].sort(),
  };
}

/** `openai:MODEL@http://…` names the server too: whoever publishes a card does not mean to publish that. */
const withoutAddress = (modelId: string): string => modelId.replace(/@https?:\/\/.*$/i, '');

function addTo(counts: Counts, { passages, thinking }: Example): void {
  counts.queries++;
  counts.passages += passages.length;
  if (thinking) counts.withThinking++;
  for (const { grade, teacherScore } of passages) {
    counts.grades[grade]++;
    if (teacherScore !== undefined) counts.scored++;
  }
}
