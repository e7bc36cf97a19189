import type { JobOptions } from '../../core/progress.js';
import { randomStream, shuffle } from '../../core/random.js';
import type { CalibrationList } from '../../rerank/calibration/calibrate.js';
import type { Corpus } from '../corpus.js';
import { orderedMap } from '../ordered-map.js';
import { type MiningSource, openPool } from './candidate-pool.js';
import { type FilterThreshold, fitFilterThreshold } from './filter-threshold.js';
import type { MiningRequest } from './mine-examples.js';
import type { RelevanceFilter } from './relevance-filter.js';

export interface LearnThresholdOptions extends JobOptions {
  readonly sources: readonly MiningSource[];
  readonly corpus: Corpus;
  /** Its scores are what the threshold is for; a threshold of its own is of no account. */
  readonly filter: RelevanceFilter;
  readonly aim: FilterThreshold['aim'];
  readonly seed: number;
  /** Candidates scored for each query, drawn from all that are judged. @default 20 */
  readonly perQuery?: number;
  /** Candidates that nobody judged: left out, or taken as not relevant where judgements hold the relevant ones alone. @default 'left-out' */
  readonly unjudged?: 'left-out' | 'not-relevant';
  /** Queries under way at once. @default 4 */
  readonly concurrency?: number;
}

/**
 * Learns the threshold of a false-negative filter: of each judged query one positive is taken as known, candidates are mined as ever, and the
 * other positives among them are the false negatives to be found.
 * @throws RankforgeError as `fitFilterThreshold`
 */
export async function learnFilterThreshold(
  requests: readonly MiningRequest[],
  { filter, aim, seed, concurrency = 4, signal, onProgress, ...options }: LearnThresholdOptions,
): Promise<FilterThreshold> {
  const lists: CalibrationList[] = [];
  let done = 0;
  const scored = orderedMap(requests, concurrency, async (request) => {
    signal?.throwIfAborted();
    const passages = await candidatesOf(request, { ...options, seed, signal });
    const verdicts = passages.length > 0 ? await filter.grade(request.query, passages, { signal }) : [];
    const found = passages.flatMap(({ id }, index) => {
      const score = verdicts[index]?.score;
      return score === undefined ? [] : [{ score, relevant: isRelevant(request, id) }];
    });
    return { queryId: request.query.id, found };
  });
  for await (const { queryId, found } of scored) {
    onProgress?.({ stage: 'threshold', done: ++done, total: requests.length });
    if (found.length === 0) continue;
    lists.push({
      queryId,
      scores: found.map(({ score }) => score),
      relevant: found.map(({ relevant }) => relevant),
    });
  }
  return fitFilterThreshold(lists, { of: filter.name, aim, seed });
}

const isRelevant = ({ positives }: MiningRequest, id: string): boolean =>
  positives.some(({ passage }) => passage.id === id);

async function candidatesOf(
  { query, positives, known }: MiningRequest,
  {
    sources,
    corpus,
    seed,
    perQuery = 20,
    unjudged = 'left-out',
    signal,
  }: Pick<LearnThresholdOptions, 'sources' | 'corpus' | 'seed' | 'perQuery' | 'unjudged' | 'signal'>,
) {
  const source = positives[0]?.passage.id;
  const stream = randomStream(seed, 'threshold', query.id);
  const ids = new Set<string>();
  for (const each of sources) {
    const isSource = (id: string): boolean => id === source;
    const pool = await openPool(each, query, isSource, { depth: 0, pick: 'top', stream, signal });
    for (const id of pool.candidates)
      if (id !== source && (unjudged === 'not-relevant' || known?.has(id))) ids.add(id);
  }
  const drawn = shuffle([...ids].sort(), stream).slice(0, perQuery);
  const found = await Promise.all(drawn.map((id) => corpus.get(id)));
  return found.filter((passage) => passage !== undefined);
}
