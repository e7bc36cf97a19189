import type { SchemaElement } from 'hyparquet';
import type { Example, ExamplePassage } from '../../core/example.js';

type Leaf = 'text' | 'integer' | 'number';

/** Columns of a passage. Metadata are JSON, since a column has one type and they have any. */
const passageLeaves: readonly (readonly [name: string, type: Leaf, required: boolean])[] = [
  ['id', 'text', true],
  ['title', 'text', false],
  ['text', 'text', true],
  ['metadata', 'text', false],
  ['grade', 'integer', true],
  ['kind', 'text', true],
  ['origin', 'text', true],
  ['teacher_score', 'number', false],
  ['teacher_rank', 'integer', false],
  ['hardness', 'number', false],
  ['margin', 'number', false],
  ['reason', 'text', false],
];

const types: Record<Leaf, Pick<SchemaElement, 'type' | 'converted_type' | 'logical_type'>> = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  integer: { type: 'INT32' },
  number: { type: 'DOUBLE' },
};

const leaf = (name: string, type: Leaf, required: boolean): SchemaElement => ({
  name,
  ...types[type],
  repetition_type: required ? 'REQUIRED' : 'OPTIONAL',
});

const list = (name: string, element: readonly SchemaElement[]): SchemaElement[] => [
  {
    name,
    repetition_type: 'REQUIRED',
    converted_type: 'LIST',
    logical_type: { type: 'LIST' },
    num_children: 1,
  },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  ...element,
];

const textList = (name: string): SchemaElement[] => list(name, [leaf('element', 'text', true)]);

/** One row a query. */
export const parquetColumns: readonly (readonly SchemaElement[])[] = [
  [leaf('query_id', 'text', true)],
  [leaf('query', 'text', true)],
  [leaf('instruction', 'text', false)],
  [leaf('query_metadata', 'text', false)],
  list('passages', [
    { name: 'element', repetition_type: 'REQUIRED', num_children: passageLeaves.length },
    ...passageLeaves.map(([name, type, required]) => leaf(name, type, required)),
  ]),
  [leaf('thinking', 'text', false)],
  textList('thinking_passage_ids'),
  textList('thinking_ranking'),
  textList('ledger_keys'),
  [leaf('provenance', 'text', false)],
];

const asJson = (value: unknown): string | undefined =>
  value === undefined ? undefined : JSON.stringify(value);

const toElement = ({ passage, ...item }: ExamplePassage) => ({
  id: passage.id,
  title: passage.title,
  text: passage.text,
  metadata: asJson(passage.metadata),
  grade: item.grade,
  kind: item.kind,
  origin: item.origin,
  teacher_score: item.teacherScore,
  teacher_rank: item.teacherRank,
  hardness: item.hardness,
  margin: item.margin,
  reason: item.reason,
});

/** An example as a row; the split is the file's. */
export const toRow = ({
  query,
  passages,
  thinking,
  ledgerKeys,
  provenance,
}: Example): Record<string, unknown> => ({
  query_id: query.id,
  query: query.text,
  instruction: query.instruction,
  query_metadata: asJson(query.metadata),
  passages: passages.map(toElement),
  thinking: thinking?.text,
  thinking_passage_ids: thinking?.passageIds ?? [],
  thinking_ranking: thinking?.ranking ?? [],
  ledger_keys: ledgerKeys,
  provenance: asJson(provenance),
});

type Row = Readonly<Record<string, unknown>>;

/** A row as the record of `examples.jsonl`, not checked yet. @throws SyntaxError for metadata that are no JSON */
export function fromRow(row: Row, split: string): unknown {
  const elements = Array.isArray(row.passages) ? (row.passages as Record<string, unknown>[]) : row.passages;
  return present({
    query: present({
      id: row.query_id,
      text: row.query,
      instruction: row.instruction,
      metadata: fromJson(row.query_metadata),
    }),
    passages: Array.isArray(elements) ? elements.map(fromElement) : elements,
    split,
    thinking: isPresent(row.thinking) ? thinkingOf(row) : undefined,
    ledgerKeys: row.ledger_keys ?? [],
    provenance: fromJson(row.provenance),
  });
}

const fromElement = (element: Readonly<Record<string, unknown>>): unknown =>
  present({
    passage: present({
      id: element.id,
      title: element.title,
      text: element.text,
      metadata: fromJson(element.metadata),
    }),
    grade: element.grade,
    kind: element.kind,
    origin: element.origin,
    teacherScore: element.teacher_score,
    teacherRank: element.teacher_rank,
    hardness: element.hardness,
    margin: element.margin,
    reason: element.reason,
  });

/** An empty ranking is one that is not known, as in files of releases that had no such column. */
const thinkingOf = ({
  thinking,
  thinking_passage_ids: passageIds,
  thinking_ranking: ranking,
}: Row): unknown =>
  Array.isArray(ranking) && ranking.length > 0
    ? { text: thinking, passageIds, ranking }
    : { text: thinking, passageIds };

const isPresent = (value: unknown): boolean => value !== undefined && value !== null;

const fromJson = (value: unknown): unknown => (isPresent(value) ? JSON.parse(String(value)) : undefined);

/** What Parquet has as null is left out. 64-bit integers come as such from other writers. */
const present = (record: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(record)
      .filter(([, value]) => isPresent(value))
      .map(([key, value]) => [key, typeof value === 'bigint' ? Number(value) : value]),
  );
