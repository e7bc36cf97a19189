/**
 * What a format may hold of an example. Texts are as trainers see them: a title before its passage and an instruction after its
 * query count as text, and the two apart count as fields of their own. A text that comes back with its line breaks and runs of
 * blanks as single blanks is held, though not to the letter.
 */
export const exampleFields = [
  'query id',
  'query text',
  'instruction apart',
  'query metadata',
  'passage id',
  'passage text',
  'text to the letter',
  'title apart',
  'passage metadata',
  'every passage',
  'order of passages',
  'relevant or not',
  'grade',
  'kind',
  'origin',
  'teacher score',
  'teacher rank',
  'hardness and margin',
  "judge's reason",
  'thinking',
  'split',
  'ledger keys',
  'provenance',
] as const;

export type ExampleField = (typeof exampleFields)[number];
