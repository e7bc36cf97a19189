import { embedsCorpus } from '../../generate/sample/sample-settings.js';
import type { Conflict } from './conflict.js';
import { negativeCounts } from './negatives-section.js';
import type { Recipe } from './recipe.js';
import { withoutDocuments } from './without-documents.js';

/**
 * What would only be found out after the corpus was indexed, or after everything was paid for.
 * @param given the recipe before defaults were filled in
 */
export const conflictsOf = (recipe: Recipe, given: unknown): Conflict[] => [
  ...(recipe.generate.topics ? withoutDocuments(recipe, given) : withoutDataset(recipe)),
  ...withoutEncoder(recipe),
  ...mixConflicts(recipe),
  ...judgeConflicts(recipe),
  ...exampleConflicts(recipe),
];

function withoutDataset({ dataset }: Recipe): Conflict[] {
  if (dataset !== undefined) return [];
  const hint = 'Name a BEIR folder, or have passages written too with generate.topics.';
  return [{ key: ['dataset'], message: 'there is nothing to write queries about', hint }];
}

function withoutEncoder({ encoder, generate }: Recipe): Conflict[] {
  if (encoder !== 'none') return [];
  const message = 'this needs an encoder, and the recipe has none';
  return encoderNeeds(generate).map(([key, needs]) => ({
    key: ['generate', ...key],
    message,
    hint: `Name an encoder, or ${needs}.`,
  }));
}

/** The keys that need an encoder, and what does without. */
function encoderNeeds({
  sample,
  select,
  split,
  negatives,
  hygiene,
}: Recipe['generate']): [string[], string][] {
  const needs: [string[], string][] = [];
  if (embedsCorpus(sample)) needs.push([['sample', 'method'], 'sample by uniform or quota']);
  if (select?.method === 'k-centre' || select?.method === 'diversify-and-conquer')
    needs.push([['select', 'method'], 'select by random, by difficulty, or by quota of type or grade']);
  if (select?.method === 'quota' && select.by === 'cluster')
    needs.push([['select', 'by'], 'take quotas by type or grade']);
  if (split.by === 'topic') needs.push([['split', 'by'], 'split by document']);
  if (negatives.from?.some((name) => name !== 'bm25'))
    needs.push([['negatives', 'from'], 'mine from bm25 alone']);
  if (hygiene.embedding !== undefined)
    needs.push([['hygiene', 'embedding'], 'leave it to shared n-grams alone']);
  return needs;
}

function mixConflicts({ encoder, generate: { negatives } }: Recipe): Conflict[] {
  const key = ['generate', 'negatives', 'mix'];
  const { mix, from = [encoder === 'none' ? 'bm25' : 'fused'] } = negatives;
  if (!mix) return [];
  const conflicts: Conflict[] = [];
  const unmined = mix.find(({ retriever }) => retriever !== undefined && !from.includes(retriever));
  if (unmined) {
    conflicts.push({
      key,
      message: `nothing is mined from ${unmined.retriever}`,
      hint: `Name it in generate.negatives.from, or take one of: ${from.join(', ')}.`,
    });
  }
  const { mined, written, random } = negativeCounts(negatives);
  if (mined + written + random === 0) {
    conflicts.push({
      key,
      message: 'the mix shares out no negatives: mined, random and written are 0',
      hint: 'Set mined, random or written: their sum is what the mix shares out.',
    });
  }
  return conflicts;
}

/** One model that votes twice is no second opinion, and where nothing was judged nobody can be agreed with. */
function judgeConflicts({ dataset, models, generate }: Recipe): Conflict[] {
  const { model = generate.model, panel, measured } = generate.judge;
  if (measured > 0 && dataset === undefined) {
    return [
      {
        key: ['generate', 'judge', 'measured'],
        message: 'the judge is measured on pairs of a dataset that people judged, and there is no dataset',
        hint: 'Name a dataset with qrels, or leave it out.',
      },
    ];
  }
  const told = (name: string): string => JSON.stringify([models[name]?.model, models[name]?.baseUrl]);
  const voters = [model];
  for (const [index, name] of panel.entries()) {
    const twice = voters.find((voter) => told(voter) === told(name));
    if (twice !== undefined) {
      const same = twice === name ? `${name} judges` : `${name} is the same model as ${twice}, which judges`;
      return [
        {
          key: ['generate', 'judge', 'panel', index],
          message: `${same} already${twice === model ? ', as judge.model or the writer' : ''}`,
          hint: 'Name other models in the panel; the judge itself is one of its members.',
        },
      ];
    }
    voters.push(name);
  }
  return [];
}

function exampleConflicts({ evaluate, generate: { examples } }: Recipe): Conflict[] {
  // A dataset's own split is `test`, where there is one.
  if (examples?.split === undefined || examples.split !== (evaluate.split ?? 'test')) return [];
  const message = 'the examples shown to the model are those it is measured on';
  const hint = 'Name another split, such as train.';
  return [{ key: ['generate', 'examples', 'split'], message, hint }];
}
