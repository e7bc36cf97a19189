import type { Qrels } from '../core/run.js';
import { atomicWrite } from './atomic-write.js';
import { type BadLine, badLineError, duplicateError, type ReadOptions, reportBadLine } from './bad-line.js';
import { createLineIndex } from './line-index.js';
import { readLines } from './read-lines.js';
import { toField, toFirstField } from './trec-field.js';

type Layout = 'trec' | 'beir';

const fault = 'the line is no judgement';
const hint =
  'TREC: "query 0 passage grade"; BEIR: query, passage and grade between tabs. The grade is a whole number.';

/**
 * Judgements from a TREC file (`query iteration passage grade`, lines beginning with # are comments) or a BEIR one
 * (`query<TAB>passage<TAB>grade` under a header), told apart by their first line. Negative grades are kept.
 * @throws RankforgeError `missing-file`, `bad-line`, `duplicate-id` for a pair judged twice, naming both lines
 */
export async function readQrels(path: string, options: ReadOptions = {}): Promise<Qrels> {
  const qrels = new Map<string, Map<string, number>>();
  const seen = createLineIndex();
  for await (const { queryId, passageId, grade, line, raw } of readJudgements(path, options)) {
    const earlier = seen.add(`${queryId}\t${passageId}`, line);
    if (earlier !== undefined) {
      const what = `the judgement of query "${queryId}" and passage "${passageId}"`;
      reportBadLine({ path, line, raw, error: duplicateError(path, line, what, earlier) }, options);
      continue;
    }
    const grades = qrels.get(queryId);
    if (grades) grades.set(passageId, grade);
    else qrels.set(queryId, new Map([[passageId, grade]]));
  }
  return qrels;
}

/** The line of the first judgement of a query, or of a query and passage; for errors, as `Qrels` keeps no lines. */
export async function findJudgement(path: string, queryId: string, passageId?: string): Promise<number> {
  for await (const judgement of readJudgements(path, { onBadLine: () => {} })) {
    if (judgement.queryId !== queryId) continue;
    if (passageId === undefined || judgement.passageId === passageId) return judgement.line;
  }
  throw new RangeError(`${path} has no judgement of query "${queryId}" and passage "${passageId}"`);
}

interface JudgementLine extends Pick<BadLine, 'line' | 'raw'> {
  readonly queryId: string;
  readonly passageId: string;
  readonly grade: number;
}

/** The judgements of a file as they stand there, repeated ones too. */
async function* readJudgements(path: string, options: ReadOptions): AsyncGenerator<JudgementLine> {
  let layout: Layout | undefined;
  for await (const { text, line, raw } of readLines(path, options)) {
    if (text.trim() === '' || (layout !== 'beir' && text.trimStart().startsWith('#'))) continue;
    if (layout === undefined) {
      layout = layoutOf(text);
      if (layout === 'beir' && isHeader(fieldsOf(text, layout))) continue;
    }
    const fields = fieldsOf(text, layout);
    const [queryId, passageId, grade] =
      layout === 'trec'
        ? [fields[0], fields[2], parseGrade(fields[3])]
        : [fields[0], fields[1], parseGrade(fields[2])];
    if (fields.length !== (layout === 'trec' ? 4 : 3) || !queryId || !passageId || grade === undefined) {
      reportBadLine({ path, line, raw, error: badLineError(path, line, fault, hint) }, options);
      continue;
    }
    yield { queryId, passageId, grade, line, raw };
  }
}

/**
 * Writes judgements, in BEIR's layout where the name ends in `.tsv`, else in TREC's.
 * @throws RankforgeError as `atomicWrite`, and `unsupported` for an id that the layout cannot hold
 */
export async function writeQrels(
  path: string,
  qrels: Qrels,
  options: { readonly layout?: Layout } = {},
): Promise<void> {
  const layout = options.layout ?? (path.endsWith('.tsv') ? 'beir' : 'trec');
  await atomicWrite(path, qrelsLines(qrels, layout));
}

function* qrelsLines(qrels: Qrels, layout: Layout): Generator<string> {
  const isBeir = layout === 'beir';
  if (isBeir) yield 'query-id\tcorpus-id\tscore\n';
  for (const [queryId, grades] of qrels) {
    const start = isBeir ? toField(queryId, 'tab') : `${toFirstField(queryId)}\t0`;
    for (const [passageId, grade] of grades)
      yield `${start}\t${toField(passageId, isBeir ? 'tab' : 'space')}\t${grade}\n`;
  }
}

/** Tabs with three fields are BEIR's; so is anything else with three fields. */
function layoutOf(text: string): Layout {
  if (text.split('\t').length === 3) return 'beir';
  return text.trim().split(/\s+/).length === 3 ? 'beir' : 'trec';
}

function fieldsOf(text: string, layout: Layout): string[] {
  return layout === 'beir' && text.includes('\t')
    ? text.split('\t').map((field) => field.trim())
    : text.trim().split(/\s+/);
}

/** BEIR's `query-id corpus-id score` and its cousins. Any other first line without a grade is a bad line, not a header. */
const isHeader = ([first = '', , third = '']: readonly string[]): boolean =>
  /^(q|query)([-_ ]?id)?$/i.test(first) && /^(score|grade|rel(evance)?|label)$/i.test(third);

/** Whole numbers, also written as `2.0`. */
function parseGrade(field: string | undefined): number | undefined {
  return field !== undefined && /^[+-]?\d{1,9}(\.0+)?$/.test(field) ? Number(field) : undefined;
}
