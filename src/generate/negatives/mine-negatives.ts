import type { ExamplePassage } from '../../core/example.js';
import { type Passage, passageText } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import { type Random, randomStream, shuffle } from '../../core/random.js';
import type { ScoredId } from '../../core/run.js';
import type { CallOptions } from '../../models/language-model.js';
import type { Retriever } from '../../retrieval/retriever.js';
import type { Corpus } from '../corpus.js';
import { createSigner, resemblance } from '../hygiene/min-hash.js';
import type { Judge } from '../judge/judge.js';
import { normaliseText } from '../words.js';

export interface MineNegativesOptions extends CallOptions {
  readonly retriever: Retriever;
  readonly corpus: Corpus;
  readonly seed: number;
  /** Mined passages wanted, those relabelled as positives among them. @default 6 */
  readonly count?: number;
  /** Random negatives wanted besides. @default 2 */
  readonly random?: number;
  /** First and last rank they are taken from, from 1. @default [3, 50] */
  readonly band?: readonly [number, number];
  /** Whether the band is drawn from evenly or from its top. @default 'random' */
  readonly pick?: 'random' | 'top';
  /** A candidate must score below this share of the positive's score (NV-Retriever). For retrievers with scores above 0. */
  readonly belowShare?: number;
  /** A candidate must score below the positive's score by this much. */
  readonly belowMargin?: number;
  /** Grades mined candidates; what it finds relevant is no negative. */
  readonly judge?: Judge;
  /** From this grade on a candidate is a false negative. @default 2 */
  readonly falseNegativeGrade?: 1 | 2 | 3;
  /** A false negative is left out, or kept as the positive it is. @default 'drop' */
  readonly onFalseNegative?: 'drop' | 'relabel';
}

export interface MinedNegatives {
  readonly passages: readonly ExamplePassage[];
  /** Candidates looked at and left out, by reason. */
  readonly rejected: readonly string[];
  readonly notes: readonly string[];
  readonly ledgerKeys: readonly string[];
}

/** Overlap of word shingles from which a candidate is the positive over again. */
const sameText = 0.6;

/**
 * Negatives for one query: from a rank band of a retriever, then random ones. Never a positive nor its near-duplicate. Candidates are
 * looked at in a seeded order until enough are found, so the judge is asked no more than needed.
 *
 * Where the positive is not within the band's last rank there is no score to be below: with thresholds set, only a judge can then let candidates in.
 * @param positives the query's known relevant passages; the first is the source
 * @see Moreira et al. 2024 (NV-Retriever, arXiv:2407.15831) for positive-aware thresholds
 */
export async function mineNegatives(
  { query, positives }: { readonly query: Query; readonly positives: readonly Passage[] },
  options: MineNegativesOptions,
): Promise<MinedNegatives> {
  const {
    retriever,
    corpus,
    seed,
    count = 6,
    random = 2,
    band = [3, 50],
    pick = 'random',
    signal,
    judge,
    falseNegativeGrade = 2,
    onFalseNegative = 'drop',
  } = options;
  const passages: ExamplePassage[] = [];
  const rejected: string[] = [];
  const notes: string[] = [];
  const ledgerKeys: string[] = [];
  const repeatsPositive = resembles(positives);
  const falseNegatives: Passage[] = [];

  const found = count > 0 ? await retriever.search(query, band[1], { signal }) : [];
  const known = scoreCeiling(found, positives, options);
  if (known === undefined && found.length > 0) notes.push('positive-not-retrieved');
  const ceiling = known ?? (judge ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY);

  /** Takes a candidate, or says why not. */
  const consider = async ({ id, score }: ScoredId): Promise<string | undefined> => {
    const passage = await corpus.get(id);
    if (!passage) return 'not-in-corpus';
    const repeated = repeatsPositive(passage);
    if (repeated) return repeated;
    if (score >= ceiling) return 'too-close-to-positive';
    const verdict = await judge?.(query, passage, { signal });
    ledgerKeys.push(...(verdict?.ledgerKeys ?? []));
    const grade = verdict ? verdict.grade : 0;
    if (grade === undefined) return 'judge-unknown';
    const relevant = grade >= falseNegativeGrade;
    if (relevant) falseNegatives.push(passage);
    if (relevant && onFalseNegative === 'drop') return 'false-negative';
    if (relevant) notes.push('false-negative-relabelled');
    const kind = relevant ? 'positive' : 'hard-negative';
    passages.push({ passage, grade, kind, origin: `mined:${retriever.name}` });
    return undefined;
  };
  const stream = randomStream(seed, 'negatives', query.id);
  const inBand = found.slice(band[0] - 1, band[1]);
  for (const candidate of pick === 'top' ? inBand : shuffle(inBand, stream)) {
    if (passages.length >= count) break;
    signal?.throwIfAborted();
    const reason = await consider(candidate);
    if (reason) rejected.push(reason);
  }
  if (passages.length < count) notes.push('too-few-mined');
  // Ranked passages may be relevant, whatever the band left out: random ones come from the rest.
  const taken = new Set([...found.map(({ id }) => id), ...passages.map(({ passage }) => passage.id)]);
  const repeatsRelevant = resembles([...positives, ...falseNegatives]);
  const drawn = await drawRandom(corpus, random, { stream, taken, repeatsRelevant });
  if (drawn.length < random) notes.push('too-few-random');
  return { passages: [...passages, ...drawn], rejected, notes, ledgerKeys };
}

/** The score that candidates must be below: Infinity without thresholds, undefined where they are set and the positive was not found. */
function scoreCeiling(
  found: readonly ScoredId[],
  positives: readonly Passage[],
  { belowShare, belowMargin }: MineNegativesOptions,
): number | undefined {
  if (belowShare === undefined && belowMargin === undefined) return Number.POSITIVE_INFINITY;
  const score = found.find(({ id }) => positives.some((positive) => positive.id === id))?.score;
  if (score === undefined) return undefined;
  // A share of a score below 0 would be above it.
  const byShare = belowShare === undefined || score <= 0 ? score : score * belowShare;
  return Math.min(byShare, score - (belowMargin ?? 0));
}

/** Whether a passage is one of some others or repeats one. */
function resembles(
  others: readonly Passage[],
): (passage: Passage) => 'is-positive' | 'repeats-positive' | undefined {
  const sign = createSigner();
  const known = others.map((other) => {
    const text = passageText(other);
    return { id: other.id, text: normaliseText(text), signature: sign(text) };
  });
  return (passage) => {
    const text = passageText(passage);
    const [normal, signature] = [normaliseText(text), sign(text)];
    for (const other of known) {
      if (other.id === passage.id) return 'is-positive';
      if (other.text === normal) return 'repeats-positive';
      if (signature && other.signature && resemblance(signature, other.signature) >= sameText)
        return 'repeats-positive';
    }
    return undefined;
  };
}

async function drawRandom(
  corpus: Corpus,
  count: number,
  {
    stream,
    taken,
    repeatsRelevant,
  }: {
    readonly stream: Random;
    readonly taken: ReadonlySet<string>;
    readonly repeatsRelevant: (passage: Passage) => string | undefined;
  },
): Promise<ExamplePassage[]> {
  const drawn = new Map<string, ExamplePassage>();
  // Draws that fall on what is taken are repeated; a corpus with little else ends the attempt.
  for (let attempt = 0; drawn.size < count && attempt < 20 * count && corpus.ids.length > 0; attempt++) {
    const id = corpus.ids[stream.int(corpus.ids.length)]!;
    if (taken.has(id) || drawn.has(id)) continue;
    const passage = await corpus.get(id);
    if (!passage || passage.text.trim() === '' || repeatsRelevant(passage)) continue;
    drawn.set(id, { passage, grade: 0, kind: 'random', origin: 'corpus' });
  }
  return [...drawn.values()];
}
