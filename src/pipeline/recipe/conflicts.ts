import { embedsCorpus } from '../../generate/sample/sample-settings.js';
import type { Recipe } from './recipe.js';

/** Settings that are right each by itself and cannot hold together. */
export interface Conflict {
  readonly key: readonly string[];
  readonly message: string;
  readonly hint: string;
}

/** What would only be found out after the corpus was indexed, or after everything was paid for. */
export function conflictsOf({ encoder, generate }: Recipe): Conflict[] {
  const { negatives } = generate;
  const conflicts: Conflict[] = [];
  if (encoder === 'none') {
    for (const [key, needs] of encoderNeeds(generate)) {
      const message = 'this needs an encoder, and the recipe has none';
      conflicts.push({ key: ['generate', ...key], message, hint: `Name an encoder, or ${needs}.` });
    }
  }
  const unmined = negatives.mix?.find(
    ({ retriever }) => retriever !== undefined && !minedFrom({ encoder, generate }).includes(retriever),
  );
  if (unmined) {
    conflicts.push({
      key: ['generate', 'negatives', 'mix'],
      message: `nothing is mined from ${unmined.retriever}`,
      hint: `Name it in generate.negatives.from, or take one of: ${minedFrom({ encoder, generate }).join(', ')}.`,
    });
  }
  if (negatives.mix && negatives.mined + negatives.random + negatives.written === 0) {
    conflicts.push({
      key: ['generate', 'negatives', 'mix'],
      message: 'the mix shares out no negatives: mined, random and written are 0',
      hint: 'Set mined, random or written: their sum is what the mix shares out.',
    });
  }
  return conflicts;
}

const minedFrom = ({ encoder, generate }: Pick<Recipe, 'encoder' | 'generate'>): readonly string[] =>
  generate.negatives.from ?? [encoder === 'none' ? 'bm25' : 'fused'];

/** The keys that need an encoder, and what does without. */
function encoderNeeds({ sample, select, split, negatives }: Recipe['generate']): [string[], string][] {
  const needs: [string[], string][] = [];
  if (embedsCorpus(sample)) needs.push([['sample', 'method'], 'sample by uniform or quota']);
  if (
    select?.method === 'k-centre' ||
    select?.method === 'diversify-and-conquer' ||
    select?.method === 'difficulty'
  )
    needs.push([['select', 'method'], 'select by random, or by quota of type or grade']);
  if (select?.method === 'quota' && select.by === 'cluster')
    needs.push([['select', 'by'], 'take quotas by type or grade']);
  if (split.by === 'topic') needs.push([['split', 'by'], 'split by document']);
  if (negatives.from?.some((name) => name !== 'bm25'))
    needs.push([['negatives', 'from'], 'mine from bm25 alone']);
  return needs;
}
