import type { LanguageModel } from '../../models/language-model.js';
import { listPrompts } from '../../prompts/template.js';
import { chooseLabels, type LabelStyle, labelStyles } from '../../rerank/labels.js';
import type { TuneSetting } from './tune.js';

export interface SettingsOptions {
  /** Passages a query: decides which windows there can be. */
  readonly depth: number;
  /** Comparators to try. @default all that a model can be asked by in reasonable time */
  readonly compare?: readonly string[];
  /** Listwise prompts to try. @default all bundled ones */
  readonly prompts?: readonly string[];
}

/** Comparators that `tune` tries: one call a passage, or one a window. `pairwise` and `reason` take many times more. */
export const tunedComparators = [
  'likelihood',
  'pointwise',
  'pointwise:graded',
  'first',
  'setwise',
  'generate',
] as const;

/** The ways to ask a model for a ranking: comparator × label style × window × prompt, as far as the model can be asked so. */
export function tuneSettings(
  model: LanguageModel,
  { depth, compare = tunedComparators, prompts = listwisePrompts() }: SettingsOptions,
): TuneSetting[] {
  return compare.flatMap((name): TuneSetting[] => {
    switch (name) {
      case 'first':
        return windows(depth).flatMap(({ method, size }) =>
          stylesOf(model, size).flatMap((style) =>
            prompts.map((prompt) => ({ method, compare: `first:${style}`, prompt })),
          ),
        );
      case 'generate':
        return windows(depth).flatMap(({ method }) =>
          prompts.map((prompt) => ({ method, compare: 'generate', prompt })),
        );
      case 'setwise':
        return [{ method: `setwise-heap:${Math.min(depth, 10) - 1}@10`, compare: 'setwise' }];
      default:
        return [{ method: 'pointwise', compare: name }];
    }
  });
}

const listwisePrompts = (): string[] => listPrompts().filter((id) => id.startsWith('rerank/listwise'));

/** One window where the list fits into one, and narrower ones. */
const windows = (depth: number): { readonly method: string; readonly size: number }[] =>
  [
    { method: depth <= 20 ? 'full' : 'sliding:20/10', size: Math.min(depth, 20) },
    { method: 'sliding:10/5', size: 10 },
  ].filter(({ size }, index) => index === 0 || size < depth);

/** Styles that the tokenizer keeps apart; of those that name so many passages alike, the first. */
function stylesOf(model: LanguageModel, count: number): LabelStyle[] {
  const styles = new Map<string, LabelStyle>();
  for (const style of Object.keys(labelStyles) as LabelStyle[]) {
    const key = chooseLabels(count, model, style)?.labels.join(' ');
    if (key !== undefined && !styles.has(key)) styles.set(key, style);
  }
  return [...styles.values()];
}
