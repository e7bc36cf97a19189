import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { fromFileError, RankforgeError } from '../core/errors.js';
import type { Run, ScoredId } from '../core/run.js';
import { lineOf, type ReadOptions, reportBadLine } from './bad-line.js';
import { readJsonLines } from './json-lines.js';
import { readLines } from './read-lines.js';

// Ids may be numbers there; `doc` and the history of calls are of no use here.
const Id = z.union([z.string().min(1), z.number()]).transform(String);
const Result = z.object({
  query: z.object({ qid: Id }),
  candidates: z.array(z.object({ docid: Id, score: z.number().nullish() })),
});
type Result = z.infer<typeof Result>;

const shape = 'Each record is {"query": {"qid"}, "candidates": [{"docid", "score"}, …]}, best first.';

/**
 * What RankLLM writes of a reranking: `{query: {qid, text}, candidates: [{docid, score, doc}, …]}`, one a line or all in
 * one array, each list best first. The order counts: RankLLM may keep the first stage's scores beside it, so scores that
 * do not fall strictly are replaced by 1 / rank.
 * @throws RankforgeError `missing-file`, `bad-file`, `bad-line`, `duplicate-id` for a query or a passage that is there twice
 */
export async function readRankLlmResults(path: string, options: ReadOptions = {}): Promise<Run> {
  const run = new Map<string, readonly ScoredId[]>();
  const isArray = (await firstCharacter(path)) === '[';
  const records = isArray ? readArray(path) : readJsonLines(path, Result, options);
  for await (const { value, line, raw } of records) {
    const fault = faultOf(value, run);
    if (fault === undefined) run.set(value.query.qid, ranked(value.candidates));
    else {
      const where = isArray ? `${path}, record ${line}` : lineOf(path, line);
      const error = new RankforgeError('duplicate-id', `${where}: ${fault}`, {
        where,
        hint: (spell) => `Keep one of the two, or set later ones aside with ${spell('skipBad')}.`,
      });
      reportBadLine({ path, line, raw, error }, options);
    }
  }
  return run;
}

/** The first character of a file that is no space; empty for an empty file. */
export async function firstCharacter(path: string): Promise<string> {
  for await (const { text } of readLines(path, { onBadLine: () => {} })) {
    if (text.trim() !== '') return text.trim()[0]!;
  }
  return '';
}

function faultOf({ query, candidates }: Result, run: Run): string | undefined {
  if (run.has(query.qid)) return `the query "${query.qid}" was there before`;
  const seen = new Set<string>();
  const twice = candidates.find(({ docid }) => seen.size === seen.add(docid).size);
  return twice && `the query "${query.qid}" ranks passage "${twice.docid}" twice`;
}

function ranked(candidates: Result['candidates']): ScoredId[] {
  const falls = candidates.every(
    ({ score }, i) => typeof score === 'number' && (i === 0 || score < candidates[i - 1]!.score!),
  );
  return candidates.map(({ docid, score }, i) => ({ id: docid, score: falls ? score! : 1 / (i + 1) }));
}

/** The records of one array; `line` counts them. */
async function* readArray(
  path: string,
): AsyncGenerator<{ readonly value: Result; readonly line: number; readonly raw: Buffer }> {
  const records = await readJson(path);
  for (const [index, record] of records.entries()) {
    const parsed = Result.safeParse(record);
    if (!parsed.success) {
      const where = `${path}, record ${index + 1}`;
      const problems = z.prettifyError(parsed.error).replace(/\s*\n\s*/g, ' ');
      throw new RankforgeError('bad-file', `${where} is not of the expected form: ${problems}`, {
        where,
        hint: shape,
      });
    }
    yield { value: parsed.data, line: index + 1, raw: Buffer.from(JSON.stringify(record)) };
  }
}

async function readJson(path: string): Promise<readonly unknown[]> {
  try {
    const bytes = await readFile(path);
    return JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')) as unknown[];
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw fromFileError(cause, path);
    throw new RankforgeError('bad-file', `${path} is not JSON: ${cause.message}`, {
      where: path,
      hint: 'Write it again; JSON has no NaN and no Infinity.',
      cause,
    });
  }
}
