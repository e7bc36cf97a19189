import { RankforgeError } from '../../../core/errors.js';
import { randomStream, shuffle } from '../../../core/random.js';
import { badLineError, type ReadOptions, reportBadLine } from '../../../formats/bad-line.js';
import type { Dataset } from '../../../formats/dataset.js';
import { readLines } from '../../../formats/read-lines.js';
import { readRun } from '../../../formats/trec-run.js';
import type { JudgePair } from '../../../generate/judge/judge-passages.js';
import { readGivenQrels } from '../read-given.js';
import type { JudgeFlags } from './judge-flags.js';

type Id = readonly [queryId: string, passageId: string];

export interface WantedPairs {
  /** Pairs of one query stand together. */
  readonly pairs: readonly JudgePair[];
  /** Pairs whose query or passage the dataset does not have. */
  readonly unknown: number;
}

/** @throws RankforgeError `usage` unless exactly one source is named; `too-little-data` without a pair */
export async function readPairs(
  flags: Pick<JudgeFlags, 'run' | 'depth' | 'qrels' | 'pairs' | 'pick' | 'seed'>,
  { queries, passages, name }: Pick<Dataset, 'queries' | 'passages' | 'name'>,
  reading: ReadOptions,
): Promise<WantedPairs> {
  const ids = await readIds(flags, reading);
  const known = ids.flatMap(([queryId, passageId]): JudgePair[] => {
    const [query, passage] = [queries.get(queryId), passages.get(passageId)];
    return query && passage ? [{ query, passage }] : [];
  });
  if (known.length === 0) {
    throw new RankforgeError('too-little-data', `None of the ${ids.length} pairs is in ${name}`, {
      where: name,
      hint: 'Give pairs of the same dataset; --split picks its queries.',
    });
  }
  const { pick = known.length, seed } = flags;
  const picked = new Set(shuffle([...known.keys()], randomStream(seed, 'judge-pick')).slice(0, pick));
  const pairs = known.filter((_, index) => picked.has(index));
  return { pairs, unknown: ids.length - known.length };
}

export function checkSource({ run, qrels, pairs }: Pick<JudgeFlags, 'run' | 'qrels' | 'pairs'>): void {
  if ([run, qrels, pairs].filter((source) => source !== undefined).length === 1) return;
  throw new RankforgeError('usage', 'Exactly one of --run, --qrels and --pairs says what is judged', {
    hint: 'Run: rankforge judge --dataset D --run RUN --model ALIAS --out QRELS',
  });
}

async function readIds(
  { run, depth, qrels, pairs }: Pick<JudgeFlags, 'run' | 'depth' | 'qrels' | 'pairs'>,
  reading: ReadOptions,
): Promise<Id[]> {
  if (run !== undefined) {
    const lists = await readRun(run, reading);
    return [...lists].flatMap(([query, items]) => items.slice(0, depth).map(({ id }): Id => [query, id]));
  }
  if (qrels !== undefined) {
    const judged = await readGivenQrels(qrels, reading);
    return [...judged].flatMap(([query, grades]) => [...grades.keys()].map((id): Id => [query, id]));
  }
  return readPairFile(pairs!, reading);
}

/** Two ids a line, between blanks or tabs; a pair that comes twice counts once. */
async function readPairFile(path: string, reading: ReadOptions): Promise<Id[]> {
  const byQuery = new Map<string, Set<string>>();
  for await (const { text, line, raw } of readLines(path, reading)) {
    if (text.trim() === '' || text.startsWith('#')) continue;
    const [queryId, passageId, ...more] = text.trim().split(text.includes('\t') ? /\t/ : /\s+/);
    if (!queryId || !passageId || more.length > 0) {
      const error = badLineError(
        path,
        line,
        'the line is no pair',
        'Write a query id and a passage id a line.',
      );
      reportBadLine({ path, line, raw, error }, reading);
      continue;
    }
    const own = byQuery.get(queryId);
    if (own) own.add(passageId);
    else byQuery.set(queryId, new Set([passageId]));
  }
  return [...byQuery].flatMap(([queryId, ids]) => [...ids].map((id): Id => [queryId, id]));
}
