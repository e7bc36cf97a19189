import { join } from 'node:path';
import type { Passage } from '../../core/passage.js';
import type { JobOptions } from '../../core/progress.js';
import { mostAttempts } from '../../generate/fill-slots.js';
import type { Funnel } from '../../generate/funnel.js';
import type { TypeShares } from '../../generate/queries/query-types.js';
import { type DrawnPassages, drawPassages } from '../../generate/sample/draw-passages.js';
import { profileQueryLog, type QueryLogProfile } from '../../generate/sample/profile-query-log.js';
import { readQueryLog } from '../../generate/sample/read-query-log.js';
import { embedsCorpus } from '../../generate/sample/sample-settings.js';
import type { EmbeddingModel } from '../../models/embedding-model.js';
import type { GenerateSection } from '../recipe/generate-section.js';

export interface DrawnSources {
  readonly passages: readonly Passage[];
  /** Shares of query types: those of the query log where it is followed, else the recipe's. */
  readonly types: TypeShares;
  /** How they were drawn; absent where all are taken in turn. */
  readonly report?: DrawnPassages['report'];
  /** What the query log is made of, where one is followed. */
  readonly log?: QueryLogProfile;
}

/** The passages that queries are written about, in the order in which they are taken. */
export async function drawSources(
  open: () => Iterable<Passage>,
  { sample, documents, minWords, types }: GenerateSection,
  {
    seed,
    count,
    funnel,
    encoder,
    folder,
    ...job
  }: JobOptions & {
    readonly seed: number;
    /** Examples that are made. */
    readonly count: number;
    readonly funnel: Funnel;
    readonly encoder: EmbeddingModel | undefined;
    readonly folder: string;
  },
): Promise<DrawnSources> {
  const options = { seed, minWords, funnel, ...job };
  if (sample.method === 'uniform' && documents === undefined) {
    // All in turn; more are not taken than queries are tried.
    const { passages } = await drawPassages(open, sample, { ...options, count: mostAttempts(count) });
    return { passages, types };
  }
  const log = sample.method === 'query-log' ? await readQueryLog(sample.log) : undefined;
  const drawn = await drawPassages(open, sample, {
    ...options,
    count: documents ?? 2 * count,
    log,
    encoder: embedsCorpus(sample) ? encoder : undefined,
    vectorFile: join(folder, 'sample-vectors.tmp'),
  });
  const profile = log && profileQueryLog(log);
  const follows = sample.method === 'query-log' && sample.types;
  return { ...drawn, types: (follows ? profile?.types : undefined) ?? types, log: profile };
}
