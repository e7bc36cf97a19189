import { RankforgeError } from '../../core/errors.js';
import type { JobOptions } from '../../core/progress.js';
import type { EmbeddingModel } from '../../models/embedding-model.js';
import { type VectorSource, vectorsOf } from '../cluster/vector-source.js';
import { type ChosenByCluster, chooseByCluster } from './choose-by-cluster.js';
import { chooseByMmr } from './choose-by-mmr.js';
import { type ChosenByQueryLog, chooseByQueryLog } from './choose-by-query-log.js';
import { type ChosenByQuota, chooseByQuota } from './choose-by-quota.js';
import { chooseSpread } from './choose-spread.js';
import type { LoggedQuery } from './read-query-log.js';
import type { SampleSettings } from './sample-settings.js';

/** Rows chosen by a method, and what it says of its choice. */
export interface ChosenRows {
  readonly rows: readonly number[];
  readonly clusters?: ChosenByCluster['clusters'];
  readonly groups?: ChosenByQuota['groups'];
  readonly topics?: ChosenByQueryLog['topics'];
  readonly cosine?: ChosenByQueryLog['cosine'];
  readonly notes?: readonly string[];
}

interface RowsToChooseFrom extends JobOptions {
  readonly seed: number;
  readonly count: number;
  /** By row: a number in [0, 1) of its own random stream. */
  readonly uniforms: ArrayLike<number>;
  /** By row: the value of the field that quotas are of, or the document of a passage. */
  readonly groups: readonly (string | undefined)[];
  readonly vectors: VectorSource | undefined;
  readonly encoder?: EmbeddingModel;
  readonly log?: readonly LoggedQuery[];
}

/** Chooses by a method. Settings and what they need were checked before. */
export async function chooseRows(settings: SampleSettings, from: RowsToChooseFrom): Promise<ChosenRows> {
  if (settings.method === 'uniform') return { rows: chooseSpread(from.groups, from) };
  if (settings.method === 'quota') {
    const chosen = chooseByQuota(from.groups, { ...from, shares: settings.shares, refill: settings.refill });
    return { ...chosen, notes: quotaNotes(chosen, settings.refill) };
  }
  const vectors = required(from.vectors);
  if (settings.method === 'mmr') return { rows: await chooseByMmr(vectors, { ...from, ...settings }) };
  if (settings.method === 'cluster') {
    const { method: _, ...rest } = settings;
    const { rows, clusters } = await chooseByCluster(vectors, { ...from, ...rest });
    return { rows, clusters };
  }
  const queries = required(from.log);
  const embedded = await required(from.encoder).embed(
    queries.map(({ text }) => text),
    { signal: from.signal },
  );
  return chooseByQueryLog(vectors, {
    ...from,
    log: vectorsOf(embedded),
    counts: queries.map(({ count }) => count),
    topics: settings.topics,
    temperature: settings.temperature,
  });
}

function quotaNotes({ groups }: ChosenByQuota, refill: string): string[] {
  return groups
    .filter(({ drawn, wanted }) => drawn < wanted)
    .map(({ group, available, wanted }) => {
      const rest = refill === 'none' ? 'are missing' : 'were taken elsewhere where there were any';
      return `"${group}" has ${available} of the ${wanted} passages of its quota; the others ${rest}.`;
    });
}

function required<T>(value: T | undefined): T {
  if (value !== undefined) return value;
  throw new RankforgeError('usage', 'Sampling by embeddings needs an encoder, and by a log its queries', {
    hint: 'Give both, or sample uniformly or by quota.',
  });
}
