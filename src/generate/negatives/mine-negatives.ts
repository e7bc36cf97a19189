import { RankforgeError } from '../../core/errors.js';
import type { ExamplePassage } from '../../core/example.js';
import { type Passage, passageText } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import { randomStream } from '../../core/random.js';
import type { Retriever } from '../../retrieval/retriever.js';
import { createDuplicateIndex } from '../hygiene/near-duplicates.js';
import type { Judge } from '../judge/judge.js';
import { type CandidatePool, type MiningSource, openPool } from './candidate-pool.js';
import type { Gathering } from './gathering.js';
import { drawPlaces, type MixShare, type Places } from './mix.js';
import type { PositiveAware } from './positive-ceiling.js';
import { drawRandom } from './random-negatives.js';
import { judgeFilter, type RelevanceFilter } from './relevance-filter.js';
import { repeats } from './repeats.js';
import { type TakeMinedOptions, takeMined } from './take-mined.js';
import { takeWritten } from './take-written.js';
import type { NegativeWriter } from './write-negatives.js';

export interface MineNegativesOptions extends TakeMinedOptions, PositiveAware {
  /** What negatives are mined from. The thresholds here are for it. */
  readonly retriever?: Retriever;
  /** Several lists to mine from, each with its own band and thresholds, in place of `retriever`. */
  readonly sources?: readonly MiningSource[];
  /** Mined passages wanted; with `mix` all negatives. @default 6 */
  readonly count?: number;
  /** Random negatives wanted besides; not with `mix`. @default 2 */
  readonly random?: number;
  /** What part of `count` each kind, retriever and band of hardness is to have: see `drawPlaces`. */
  readonly mix?: readonly MixShare[];
  /** This query's places, planned for a whole set by `planPlaces`, in place of `mix`, `count` and `random`. */
  readonly places?: readonly Places[];
  /** First and last rank mined ones are taken from, from 1. @default [3, 50] */
  readonly band?: readonly [number, number];
  /** Ranks over which hardness is measured, if the band ends before. @default 100 */
  readonly depth?: number;
  /** Whether the band is drawn from evenly or from its top. @default 'random' */
  readonly pick?: 'random' | 'top';
  /** Grades candidates; what it finds relevant is no negative. */
  readonly judge?: Judge;
  /** From this grade on the judge's candidate is a false negative. @default 2 */
  readonly falseNegativeGrade?: 1 | 2 | 3;
  /** In place of a judge: a filter with a threshold learnt on judged data, see `judgeFilter` and `comparatorFilter`. */
  readonly filter?: RelevanceFilter;
  /** Writes the negatives of the mix's written places. Needs a judge or filter: none counts unread. */
  readonly writer?: NegativeWriter;
}

export interface MinedNegatives {
  /** Mined, written and random ones, each with its hardness where there is a scorer for it. */
  readonly passages: readonly ExamplePassage[];
  /** Candidates looked at and left out, by reason. */
  readonly rejected: readonly string[];
  /** What else is to be counted: `too-few-mined`, `short:mined@0.5-1` (a place its cell could not fill), `filled:random`, `random-from-list` … */
  readonly notes: readonly string[];
  readonly ledgerKeys: readonly string[];
}

/**
 * Negatives for one query: mined from bands of ranked lists, written, and drawn at random. Never a positive nor what repeats it. Candidates are
 * looked at in a seeded order until enough are found, so the judge is asked no more than needed, and the result hangs on nothing but the seed, the
 * query, the lists and the verdicts.
 *
 * What any of several sources scores too near the positive is left out of all. Where a source has the positive not within its band's last rank
 * there is no score to be below: with thresholds set, only a judge or filter can then let its candidates in.
 * @param positives the query's known relevant passages; the first is the source
 * @throws RankforgeError `usage` for options that make no sense together
 * @see Moreira et al. 2024 (NV-Retriever), arXiv:2407.15831, for positive-aware thresholds
 */
export async function mineNegatives(
  { query, positives }: { readonly query: Query; readonly positives: readonly Passage[] },
  options: MineNegativesOptions,
): Promise<MinedNegatives> {
  const { corpus, seed, signal, onShort = 'fill', known, held = [] } = options;
  const places = placesOf(query, options);
  const filter = filterOf(options);
  const gathering: Gathering = {
    query,
    positives,
    filter,
    passages: [],
    rejected: [],
    notes: [],
    ledgerKeys: [],
    seen: createDuplicateIndex(),
    falseNegatives: [],
  };
  const { passages, rejected, notes, ledgerKeys, seen, falseNegatives } = gathering;
  for (const passage of held) seen.add(passage.id, passageText(passage));
  const wanted = (kind: Places['kind']): number =>
    places.reduce((sum, cell) => sum + (cell.kind === kind ? cell.places : 0), 0);

  const stream = randomStream(seed, 'negatives', query.id);
  const isPositive = isOneOf(positives);
  const pools: CandidatePool[] = [];
  if (wanted('mined') > 0) {
    const { depth = 100, pick = 'random' } = options;
    for (const source of sourcesOf(options))
      pools.push(await openPool(source, query, isPositive, { depth, pick, stream, signal }));
  }
  const short = await takeMined(gathering, pools, places, options);
  const unwritten = await takeWritten(gathering, wanted('written'), options);

  const relevant = [...(known ?? [])].filter(([, grade]) => grade >= (filter?.relevantFrom ?? 2));
  const taken = new Set([
    ...pools.flatMap(({ ranked }) => ranked),
    ...passages.map(({ passage }) => passage.id),
    ...relevant.map(([id]) => id),
    ...held.map(({ id }) => id),
  ]);
  const random = wanted('random');
  const isMix = options.mix !== undefined || options.places !== undefined;
  const filled = isMix && onShort === 'fill' && random > 0 ? short + unwritten : 0;
  const repeatsRelevant = repeats([...positives, ...falseNegatives]);
  const repeated = (passage: Passage): string | undefined =>
    repeatsRelevant(passage) ?? seen.add(passage.id, passageText(passage))?.reason;
  // What a list holds may be relevant, and nobody read it: random ones come from the rest.
  const listed = new Set([...taken, ...pools.flatMap((pool) => pool.listed)]);
  const outside = await drawRandom(corpus, random + filled, { stream, taken: listed, repeated });
  // A small corpus may have too few of those: then from what all lists rank below their bands.
  for (const { passage } of outside) taken.add(passage.id);
  const hardnessOf = (id: string): number =>
    pools.reduce((most, pool) => Math.max(most, pool.hardnessOf(id)), 0);
  const missing = random + filled - outside.length;
  const below = await drawRandom(corpus, missing, { stream, taken, repeated, hardnessOf });
  for (const _ of below) notes.push('random-from-list');
  const drawn = [...outside, ...below];
  for (let place = random; place < drawn.length; place++) notes.push('filled:random');
  if (short > 0) notes.push('too-few-mined');
  if (unwritten > 0) notes.push('too-few-written');
  if (drawn.length < random) notes.push('too-few-random');
  return { passages: [...passages, ...drawn], rejected, notes, ledgerKeys };
}

/** What reads candidates, where anything does. */
export const filterOf = ({
  filter,
  judge,
  falseNegativeGrade,
}: Pick<MineNegativesOptions, 'filter' | 'judge' | 'falseNegativeGrade'>): RelevanceFilter | undefined =>
  filter ?? (judge && judgeFilter(judge, { relevantFrom: falseNegativeGrade }));

const isOneOf = (positives: readonly Passage[]): ((id: string) => boolean) => {
  const ids = new Set(positives.map(({ id }) => id));
  return (id) => ids.has(id);
};

function placesOf(query: Query, options: MineNegativesOptions): readonly Places[] {
  const { places, mix, count = 6, random = 2, seed } = options;
  if (places) return places;
  if (mix) return drawPlaces(mix, count, randomStream(seed, 'negative-places', query.id));
  return [
    { kind: 'mined', places: count },
    { kind: 'random', places: random },
  ];
}

function sourcesOf({
  retriever,
  sources,
  band,
  belowShare,
  belowMargin,
}: MineNegativesOptions): readonly MiningSource[] {
  const found = sources ?? (retriever ? [{ retriever, band, belowShare, belowMargin }] : []);
  if (found.length > 0) return found;
  throw new RankforgeError('usage', 'Negatives are to be mined, and there is nothing to mine from', {
    where: 'retriever',
    hint: 'Give a retriever or sources, or ask for no mined ones.',
  });
}
