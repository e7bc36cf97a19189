import type { GenerateRequest, LanguageModel } from '../../models/language-model.js';
import { loadPrompt, type PromptTemplate } from '../../prompts/template.js';
import type { Comparator } from '../comparator.js';

export interface ModelComparatorOptions {
  /** It stays its opener's: disposing the comparator does not dispose it. */
  readonly model: LanguageModel;
  /** Another prompt than the bundled one, with the same needs. */
  readonly prompt?: PromptTemplate;
}

/** A comparator's prompt, and what its rankings say of where they come from. */
export function promptOf(
  { model, prompt }: ModelComparatorOptions,
  id: string,
): { readonly template: PromptTemplate; readonly provenance: NonNullable<Comparator['provenance']> } {
  const template = prompt ?? loadPrompt(id);
  return {
    template,
    provenance: { promptId: template.id, promptHash: template.hash, modelId: model.id },
  };
}

/** Greedy at first; a later try samples, since a greedy reply would be the same again. */
export const anotherTry = (attempt = 0): Pick<GenerateRequest, 'temperature' | 'sample' | 'seed'> =>
  attempt === 0 ? { temperature: 0 } : { temperature: 0.5, sample: attempt, seed: attempt };
