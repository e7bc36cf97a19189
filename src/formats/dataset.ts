import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { RankforgeError } from '../core/errors.js';
import type { Passage } from '../core/passage.js';
import type { JobOptions } from '../core/progress.js';
import type { Query } from '../core/query.js';
import type { Qrels } from '../core/run.js';
import { type BadLine, lineOf, type ReadOptions } from './bad-line.js';
import { fileOf, readCorpus, readQueries } from './beir.js';
import type { PassageStore } from './passage-store.js';
import { findJudgement, readQrels } from './qrels.js';

/** A whole collection: judgements and queries in memory, passages there or in a store's file. */
export interface Dataset {
  /** Its folder's name. */
  readonly name: string;
  /** The split that `queries` and `qrels` are of; undefined where there are no judgements. */
  readonly split: string | undefined;
  readonly passages: ReadonlyMap<string, Passage>;
  /** Those judged in the split; all of them where there is no split or `everyQuery` asks for them. */
  readonly queries: ReadonlyMap<string, Query>;
  /** As in the file: judgements of unknown passages are kept, since measures count them. */
  readonly qrels: Qrels;
  readonly counts: DatasetCounts;
}

export interface DatasetCounts {
  readonly passages: number;
  readonly queries: number;
  readonly judgements: number;
  /** Judged pairs whose passage is not in the corpus. */
  readonly unknownPassages: number;
  /** Judged queries that are not among the queries. They are left out of `qrels`. */
  readonly unknownQueries: number;
  /** Lines handed to `onBadLine`. */
  readonly badLines: number;
}

export interface LoadDatasetOptions extends ReadOptions, JobOptions {
  /** `qrels/SPLIT.tsv`. @default `test` where there is one, else no judgements */
  readonly split?: string;
  /** Whether `queries` are all of the file, and not only those judged in the split. @default false */
  readonly everyQuery?: boolean;
  /** Judgements of unknown queries or passages: an error, or counted, as a pool of a larger corpus needs. @default 'throw' */
  readonly unknownIds?: 'throw' | 'count';
  /** Where the passages go: an empty store, which is the caller's to dispose of. @default memory */
  readonly store?: PassageStore;
}

/**
 * A collection in BEIR layout: `corpus.jsonl`, `queries.jsonl`, `qrels/SPLIT.tsv`, each as it is or as `.gz`. The corpus
 * alone is enough; for one that does not fit in memory give a `store`, or use `readCorpus`.
 * @throws RankforgeError `missing-file`, `bad-line`, `duplicate-id`, `empty-corpus`, `unknown-id`
 */
export async function loadDataset(folder: string, options: LoadDatasetOptions = {}): Promise<Dataset> {
  let badLines = 0;
  const { onBadLine, onProgress } = options;
  const countBadLine = (bad: BadLine): void => {
    badLines++;
    onBadLine?.(bad);
  };
  const reading: ReadOptions = { ...options, onBadLine: onBadLine && countBadLine };

  const held = new Map<string, Passage>();
  const passages: ReadonlyMap<string, Passage> = options.store ?? held;
  for await (const passage of readCorpus(fileOf(folder, 'corpus'), reading)) {
    if (options.store) await options.store.add(passage);
    else held.set(passage.id, passage);
    if (passages.size % 10_000 === 0) onProgress?.({ stage: 'corpus', done: passages.size, unit: 'items' });
  }
  onProgress?.({ stage: 'corpus', done: passages.size, total: passages.size, unit: 'items' });

  const split = chooseSplit(folder, options.split);
  const allQueries = await collectQueries(folder, split !== undefined, reading);
  if (split === undefined) {
    const counts = countsOf(passages.size, allQueries.size, new Map(), badLines, 0, 0);
    return { name: nameOf(folder), split, passages, queries: allQueries, qrels: new Map(), counts };
  }

  const judged = await readQrels(split.path, reading);
  const queries = new Map<string, Query>(options.everyQuery ? allQueries : []);
  const qrels = new Map<string, ReadonlyMap<string, number>>();
  let unknownPassages = 0;
  let unknownQueries = 0;
  let firstUnknown: UnknownId | undefined;
  for (const [queryId, grades] of judged) {
    const query = allQueries.get(queryId);
    if (!query) {
      unknownQueries++;
      firstUnknown ??= { kind: 'query', queryId, id: queryId };
      continue;
    }
    queries.set(queryId, query);
    qrels.set(queryId, grades);
    for (const passageId of grades.keys()) {
      if (passages.has(passageId)) continue;
      unknownPassages++;
      firstUnknown ??= { kind: 'passage', queryId, id: passageId };
    }
  }
  if (firstUnknown && (options.unknownIds ?? 'throw') === 'throw') {
    throw await unknownIdError(folder, split.path, firstUnknown, unknownPassages + unknownQueries);
  }
  const counts = countsOf(passages.size, queries.size, qrels, badLines, unknownPassages, unknownQueries);
  return { name: nameOf(folder), split: split.name, passages, queries, qrels, counts };
}

const nameOf = (folder: string): string => basename(resolve(folder));

function countsOf(
  passages: number,
  queries: number,
  qrels: Qrels,
  badLines: number,
  unknownPassages: number,
  unknownQueries: number,
): DatasetCounts {
  let judgements = 0;
  for (const grades of qrels.values()) judgements += grades.size;
  return { passages, queries, judgements, unknownPassages, unknownQueries, badLines };
}

async function collectQueries(
  folder: string,
  needed: boolean,
  options: ReadOptions,
): Promise<Map<string, Query>> {
  const queries = new Map<string, Query>();
  const there = existsSync(join(folder, 'queries.jsonl')) || existsSync(join(folder, 'queries.jsonl.gz'));
  if (!there && !needed) return queries;
  for await (const query of readQueries(folder, options)) queries.set(query.id, query);
  return queries;
}

/** The splits of a BEIR folder, in order of name. */
export function listSplits(folder: string): string[] {
  const qrels = join(folder, 'qrels');
  if (!existsSync(qrels)) return [];
  const names = readdirSync(qrels).flatMap((name) => /^(.+)\.tsv(\.gz)?$/.exec(name)?.[1] ?? []);
  return [...new Set(names)].sort();
}

function chooseSplit(folder: string, wanted: string | undefined): { name: string; path: string } | undefined {
  const name = wanted ?? 'test';
  const plain = join(folder, 'qrels', `${name}.tsv`);
  const path = [plain, `${plain}.gz`].find((candidate) => existsSync(candidate));
  if (path) return { name, path };
  if (wanted === undefined) return undefined;
  const known = listSplits(folder);
  throw new RankforgeError('missing-file', `${folder} has no split "${wanted}"`, {
    where: plain,
    hint: known.length > 0 ? `Choose one of: ${known.join(', ')}.` : 'Add the judgements as qrels/SPLIT.tsv.',
  });
}

interface UnknownId {
  readonly kind: 'query' | 'passage';
  readonly queryId: string;
  readonly id: string;
}

async function unknownIdError(
  folder: string,
  path: string,
  { kind, queryId, id }: UnknownId,
  total: number,
): Promise<RankforgeError> {
  const where = lineOf(path, await findJudgement(path, queryId, kind === 'passage' ? id : undefined));
  const file = fileOf(folder, kind === 'passage' ? 'corpus' : 'queries');
  const more = total > 1 ? ` (the first of ${total} unknown ids)` : '';
  return new RankforgeError('unknown-id', `${where}: the ${kind} "${id}" is not in ${file}${more}`, {
    where,
    hint: "Correct the judgements; where the collection is a part of a larger one, let unknown ids be counted (unknownIds: 'count').",
  });
}
