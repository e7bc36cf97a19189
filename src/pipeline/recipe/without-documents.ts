import { topicTypes } from '../../generate/queries/query-types.js';
import type { Conflict } from './conflict.js';
import type { Recipe } from './recipe.js';

interface NeedsDocuments {
  /** Under `generate`. */
  readonly key: readonly string[];
  readonly needs: string;
  readonly instead: string;
}

/** Settings, and sections of them, that say nothing where passages are written and not taken from documents. */
const needDocuments: readonly NeedsDocuments[] = [
  {
    key: ['negatives'],
    needs: 'negatives come from documents',
    instead: 'Leave it out: levels 1 and 0 are written',
  },
  { key: ['sample'], needs: 'documents are sampled', instead: 'Leave sample out' },
  { key: ['documents'], needs: 'documents are sampled', instead: 'Leave it out' },
  { key: ['minWords'], needs: 'the words of documents are counted', instead: 'Leave it out' },
  { key: ['roundTrip'], needs: 'a source is found again among documents', instead: 'Leave it out' },
  {
    key: ['unanswerable'],
    needs: 'documents that are found tell whether a query can be answered',
    instead: 'Leave it out',
  },
  { key: ['reversed'], needs: 'reversed queries are written from documents', instead: 'Leave it out' },
  { key: ['edits'], needs: 'edits are made of documents', instead: 'Leave edits out' },
  { key: ['examples'], needs: 'examples show queries about documents', instead: 'Leave them out' },
  { key: ['hygiene', 'languages'], needs: 'documents are told by language', instead: 'Use languageCheck' },
  {
    key: ['hygiene', 'unknownLanguage'],
    needs: 'documents are told by language',
    instead: 'Use languageCheck',
  },
  { key: ['hygiene', 'pii'], needs: 'personal data is replaced in documents', instead: 'Leave it out' },
];

/**
 * What cannot be had where passages are written and not taken from documents.
 * @param given the recipe before defaults were filled in: what nobody wrote is not refused
 */
export function withoutDocuments({ generate, teachers }: Recipe, given: unknown): Conflict[] {
  const { types, split, graded } = generate;
  const conflicts: Conflict[] = [];
  const refuse = (key: readonly string[], needs: string, hint: string): void => {
    conflicts.push({
      key: ['generate', ...key],
      message: `${needs}, and with topics there are none`,
      hint: `${hint}, or take topics out and name a dataset.`,
    });
  };
  for (const { key, needs, instead } of needDocuments) {
    const set = firstSet(valueAt(given, ['generate', ...key]), key);
    if (set) refuse(set, needs, instead);
  }
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
  const asked = valueAt(given, ['generate', 'graded']);
  if (asked !== undefined && graded.share < 1 && (typeof asked === 'number' || hasKey(asked, 'share'))) {
    conflicts.push({
      key: ['generate', 'graded', ...(typeof asked === 'number' ? [] : ['share'])],
      message: 'with topics every query gets written passages, and not a share of them',
      hint: 'Leave the share out, or take topics out and name a dataset.',
    });
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

const valueAt = (values: unknown, key: readonly string[]): unknown =>
  key.reduce<unknown>((inner, step) => Object(inner)[step], values);

const hasKey = (value: unknown, key: string): boolean => Object.hasOwn(Object(value), key);

/** The first setting in a value that is not off: 0 and false ask for nothing. */
function firstSet(value: unknown, key: readonly string[]): readonly string[] | undefined {
  if (value === undefined || value === null || value === 0 || value === false) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) return key;
  for (const [name, inner] of Object.entries(value)) {
    const set = firstSet(inner, [...key, name]);
    if (set) return set;
  }
  return undefined;
}
