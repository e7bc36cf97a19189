import type { Example, ExamplePassage } from '../../core/example.js';
import type { Grade } from '../../core/judgement.js';
import type { JobOptions } from '../../core/progress.js';
import type { Provenance } from '../../core/provenance.js';
import type { Query } from '../../core/query.js';
import { randomStream, shuffle } from '../../core/random.js';
import { packageVersion } from '../../core/version.js';
import type { Funnel } from '../funnel.js';
import { orderedMap } from '../ordered-map.js';
import { countNegatives } from './count-negatives.js';
import { type MineNegativesOptions, mineNegatives } from './mine-negatives.js';
import { type Places, planPlaces } from './mix.js';

/** A query with what is known to be relevant to it. */
export interface MiningRequest {
  readonly query: Query;
  /** The first is the source. They go into the example as they are. */
  readonly positives: readonly ExamplePassage[];
  /** Grades of other passages that are known, by id. */
  readonly known?: ReadonlyMap<string, Grade>;
}

export interface MineExamplesOptions extends Omit<MineNegativesOptions, 'places' | 'known'>, JobOptions {
  /** Queries under way at once; what limits calls is the model's own door. @default 4 */
  readonly concurrency?: number;
  readonly funnel?: Funnel;
  readonly provenance?: Omit<Provenance, 'packageVersion' | 'seed'>;
}

/**
 * A training example a query, in the order given: its positives and negatives mined, written and drawn for it. A mix holds over the whole set to within one
 * place a cell (`planPlaces`). Order and concurrency change no example. Counted under `queries` and `negatives`.
 */
export async function* mineExamples(
  requests: readonly MiningRequest[],
  options: MineExamplesOptions,
): AsyncGenerator<Example> {
  const { concurrency = 4, funnel, provenance, onProgress, ...mining } = options;
  const { seed, signal } = options;
  const planned = placesByQuery(requests, options);
  const found = orderedMap(requests, concurrency, async ({ query, positives, known }) => {
    signal?.throwIfAborted();
    if (positives.length === 0) return { query, positives, mined: undefined };
    const passages = positives.map(({ passage }) => passage);
    const places = planned.get(query.id);
    return {
      query,
      positives,
      mined: await mineNegatives({ query, positives: passages }, { ...mining, known, places }),
    };
  });
  let done = 0;
  for await (const { query, positives, mined } of found) {
    onProgress?.({ stage: 'mine', done: ++done, total: requests.length });
    if (!mined) {
      funnel?.reject('queries', 'no-positive');
      continue;
    }
    funnel?.accept('queries');
    if (mined.passages.length === 0) funnel?.note('queries', 'without-negatives');
    if (funnel) countNegatives(mined, funnel);
    yield {
      query,
      passages: [...positives, ...mined.passages],
      split: 'train',
      ledgerKeys: mined.ledgerKeys,
      provenance: { packageVersion, ...provenance, seed },
    };
  }
}

/** Rows of the plan, dealt to the queries in an order that only their ids and the seed decide. */
function placesByQuery(
  requests: readonly MiningRequest[],
  { mix, count = 6, seed }: Pick<MineExamplesOptions, 'mix' | 'count' | 'seed'>,
): ReadonlyMap<string, readonly Places[]> {
  if (!mix) return new Map();
  const ids = requests.filter(({ positives }) => positives.length > 0).map(({ query }) => query.id);
  const order = shuffle(ids.sort(), randomStream(seed, 'negative-plan'));
  const rows = planPlaces(mix, count, order.length);
  return new Map(order.map((id, index) => [id, rows[index]!]));
}
