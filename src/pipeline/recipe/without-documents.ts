import { topicTypes } from '../../generate/queries/query-types.js';
import type { Conflict } from './conflict.js';
import { negativeCounts } from './negatives-section.js';
import type { Recipe } from './recipe.js';

/** What cannot be had where passages are written and not taken from documents. */
export function withoutDocuments({ generate, teachers }: Recipe): Conflict[] {
  const { negatives, sample, documents, edits, examples, hygiene, types, split } = generate;
  const conflicts: Conflict[] = [];
  const refuse = (key: readonly string[], needs: string, hint: string): void => {
    conflicts.push({
      key: ['generate', ...key],
      message: `${needs}, and with topics there are none`,
      hint: `${hint}, or take topics out and name a dataset.`,
    });
  };
  const wanted = { ...negativeCounts(negatives), mined: negatives.mined, random: negatives.random };
  for (const kind of ['mined', 'random', 'written'] as const) {
    if (wanted[kind])
      refuse(
        ['negatives', kind],
        'negatives come from documents',
        'Leave it out: levels 1 and 0 are written',
      );
  }
  for (const key of ['mix', 'from', 'threshold', 'belowShare', 'belowMargin', 'writer'] as const) {
    if (negatives[key] !== undefined)
      refuse(['negatives', key], 'negatives come from documents', 'Leave it out');
  }
  if (sample.method !== 'uniform') refuse(['sample', 'method'], 'documents are sampled', 'Leave sample out');
  if (documents !== undefined) refuse(['documents'], 'documents are sampled', 'Leave it out');
  if (edits.share > 0) refuse(['edits', 'share'], 'edits are made of documents', 'Leave edits out');
  if (examples) refuse(['examples'], 'examples show queries about documents', 'Leave them out');
  if (hygiene.languages)
    refuse(['hygiene', 'languages'], 'documents are told by language', 'Use languageCheck');
  if (hygiene.pii) refuse(['hygiene', 'pii'], 'personal data is replaced in documents', 'Leave it out');
  if (split.by === 'topic')
    refuse(
      ['split', 'by'],
      'a split by topic clusters documents',
      'Queries of one topic stay together as it is',
    );
  const needy = Object.entries(types ?? {}).find(
    ([name, share]) => share > 0 && !(topicTypes as readonly string[]).includes(name),
  );
  if (needy) {
    refuse(
      ['types', needy[0]],
      `${needy[0]} queries are written from documents`,
      `Take of: ${topicTypes.join(', ')}`,
    );
  }
  if (teachers.length > 0) {
    conflicts.push({
      key: ['teachers'],
      message:
        'teachers are measured by the documents that queries were written about, and with topics there are none',
      hint: 'Leave them out, or take topics out and name a dataset.',
    });
  }
  return conflicts;
}
