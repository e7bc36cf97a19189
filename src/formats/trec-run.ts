import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { fromFileError, RankforgeError } from '../core/errors.js';
import type { Run, ScoredId } from '../core/run.js';
import { atomicWrite } from './atomic-write.js';
import { badLineError, duplicateError, type ReadOptions, reportBadLine } from './bad-line.js';
import { createLineIndex } from './line-index.js';
import { readLines } from './read-lines.js';
import { toField, toFirstField } from './trec-field.js';
import { compareAsTrec, scoresInOrder } from './trec-order.js';

const hint = 'Each line is "query Q0 passage rank score tag", and the score is a number.';

/**
 * A TREC run (`query Q0 passage rank score tag`), each query's passages in trec_eval's order: by score, equal scores by
 * id, both highest first. The rank column is not read, as in trec_eval; words after the tag and lines beginning with #
 * are passed over. Queries keep the order in which they first appear.
 * @throws RankforgeError `missing-file`, `bad-line`, `duplicate-id` for a passage ranked twice, naming both lines
 */
export async function readRun(path: string, options: ReadOptions = {}): Promise<Run> {
  const run = new Map<string, ScoredId[]>();
  const seen = createLineIndex();
  for await (const { text, line, raw } of readLines(path, options)) {
    const trimmed = text.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const [queryId, , id, , written, tag] = trimmed.split(/\s+/, 6);
    const score = Number(written);
    if (!queryId || !id || tag === undefined || !Number.isFinite(score)) {
      const error = badLineError(path, line, 'the line is no line of a run', hint);
      reportBadLine({ path, line, raw, error }, options);
      continue;
    }
    const earlier = seen.add(`${queryId}\t${id}`, line);
    if (earlier !== undefined) {
      const error = duplicateError(path, line, `passage "${id}" of query "${queryId}"`, earlier);
      reportBadLine({ path, line, raw, error }, options);
      continue;
    }
    const items = run.get(queryId);
    if (items) items.push({ id, score });
    else run.set(queryId, [{ id, score }]);
  }
  for (const items of run.values()) items.sort(compareAsTrec);
  return run;
}

/** What a run's first line says that made it; undefined for a file without lines. @throws RankforgeError `missing-file` */
export async function readRunTag(path: string, options: ReadOptions = {}): Promise<string | undefined> {
  for await (const { text } of readLines(path, options)) {
    const trimmed = text.trim();
    if (trimmed !== '' && !trimmed.startsWith('#')) return trimmed.split(/\s+/, 6)[5];
  }
  return undefined;
}

/**
 * Writes a run; ranks count from 1. The order given is the order that readers will find: see `scoresInOrder`.
 * @param target a path (written whole or not at all) or a stream (not ended)
 * @param tag names the run, without spaces
 * @throws RankforgeError `disk-full`, `no-permission`, `unsupported` for an id or a tag with spaces, a query id that
 * begins with #, or a score that is no number
 */
export async function writeRun(target: string | Writable, run: Run, tag: string): Promise<void> {
  if (typeof target === 'string') {
    await atomicWrite(target, runLines(run, tag));
    return;
  }
  try {
    for (const text of runLines(run, tag)) {
      if (target.errored) throw target.errored;
      if (!target.write(text)) await once(target, 'drain');
    }
  } catch (error) {
    throw fromFileError(error, 'the output');
  }
}

/** The lines of a run, one string a query. */
function* runLines(run: Run, tag: string): Generator<string> {
  const runTag = toField(tag, 'space');
  for (const [queryId, items] of run) {
    const query = toFirstField(queryId);
    const scores = scoresInOrder(items);
    let text = '';
    for (const [index, { id, score }] of items.entries()) {
      if (!Number.isFinite(score)) {
        throw new RankforgeError(
          'unsupported',
          `Passage "${id}" of query "${queryId}" has the score ${score}`,
          { where: `${queryId} ${id}`, hint: 'Give every ranked passage a finite score.' },
        );
      }
      text += `${query} Q0 ${toField(id, 'space')} ${index + 1} ${scores[index]} ${runTag}\n`;
    }
    yield text;
  }
}
