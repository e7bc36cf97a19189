import type { Candidates } from '../../core/candidates.js';
import { RankforgeError } from '../../core/errors.js';
import type { JobOptions } from '../../core/progress.js';
import { randomStream, shuffle } from '../../core/random.js';
import type { Ranking } from '../../core/ranking.js';
import type { Qrels, Run } from '../../core/run.js';
import type { Comparator } from '../../rerank/comparator.js';
import { plan } from '../../rerank/plan.js';
import { composeReranker } from '../../rerank/reranker.js';
import { bootstrapInterval, type Interval } from '../bootstrap-interval.js';
import { evaluateRun } from '../evaluate-run.js';
import { type Halving, successiveHalving } from './successive-halving.js';

/** One way to ask a model for a ranking. */
export interface TuneSetting {
  /** As `parseProgram` reads it. */
  readonly method: string;
  /** As `openComparator` reads it. */
  readonly compare: string;
  readonly labels?: string;
  /** Id of the prompt, where it is not the comparator's own. */
  readonly prompt?: string;
}

export interface TuneOptions extends JobOptions {
  readonly settings: readonly TuneSetting[];
  /** A comparator for a setting. It stays the caller's. */
  readonly open: (setting: TuneSetting) => Comparator;
  readonly candidates: readonly Candidates[];
  /** Judgements, or known items as `knownItemQrels` gives them. */
  readonly qrels: Qrels;
  /** @default 'nDCG@10' */
  readonly measure?: string;
  readonly depth?: number;
  /** Prompt and reply tokens of the whole search, the final measurement included. */
  readonly budgetTokens: number;
  /** Rankings that cost nothing, by name: what the winner has to beat. */
  readonly beside?: Readonly<Record<string, Run>>;
  /** Which queries choose and which measure is drawn from it. */
  readonly seed: number;
  readonly concurrency?: number;
}

export interface TuneResult extends Pick<Halving<TuneSetting>, 'rungs' | 'failed'> {
  readonly winner: TuneSetting;
  readonly measure: string;
  /** Of the winner on queries that had no part in choosing it. */
  readonly value: Interval;
  /** Of the first stage as it came (`first-stage`), and of the other rankings, on the same queries. */
  readonly beside: Readonly<Record<string, Interval>>;
  /** Queries that chose, and that measured. */
  readonly queries: { readonly chosenOn: number; readonly measuredOn: number };
  readonly plannedTokens: number;
}

/** Of the queries, and of the budget: what is kept to measure the winner where nothing was chosen. */
const heldOut = 1 / 3;
/** Fewer have no interval. */
const fewestMeasured = 2;

/**
 * Finds how a model ranks best, by successive halving over ways to ask it, on judged queries or known items. Two thirds of the
 * queries choose; the figures are of the last third, since the best of many on the queries that chose it is flattered, or of
 * as much of it as the budget still reaches for.
 * @throws RankforgeError `too-little-data` for fewer than 6 judged queries of two or more candidates, `budget-exhausted`, and what comparing throws
 */
export async function tune(options: TuneOptions): Promise<TuneResult> {
  const { qrels, measure = 'nDCG@10', depth, budgetTokens, seed, signal } = options;
  const judged = shuffle(
    options.candidates.filter(({ query, items }) => qrels.has(query.id) && items.length > 1),
    randomStream(seed, 'tune'),
  );
  const aside = Math.floor(judged.length * heldOut);
  if (aside < fewestMeasured) throw tooFew(qrels.size, judged.length);
  const [choosing, measuring] = [judged.slice(aside), judged.slice(0, aside)];

  const comparators = new Map(
    options.settings.map((setting) => [setting, lazily(() => options.open(setting))]),
  );
  const costs = new Map<string, number>();
  const costOf = (setting: TuneSetting, candidates: Candidates): number => {
    const key = JSON.stringify([setting, candidates.query.id]);
    const known = costs.get(key) ?? planned(setting, comparators.get(setting)!(), candidates, depth);
    costs.set(key, known);
    return known;
  };
  const rank = (setting: TuneSetting, candidates: Candidates): Promise<Ranking> =>
    composeReranker({
      program: setting.method,
      comparator: comparators.get(setting)!(),
      depth,
      concurrency: options.concurrency,
    }).rerank(candidates, { signal });
  const scoreOf = ({ queryId, items }: Pick<Ranking, 'queryId' | 'items'>): number =>
    // A query that a ranking beside does not answer counts as 0.
    items.length === 0
      ? 0
      : evaluateRun(new Map([[queryId, qrels.get(queryId)!]]), new Map([[queryId, items]]), [measure]).means[
          measure
        ]!;

  const open: TuneSetting[] = [];
  const failed: { setting: TuneSetting; error: unknown }[] = [];
  for (const setting of options.settings) {
    // A setting that cannot be planned cannot be run: labels the tokenizer does not tell apart, no likelihood shown.
    try {
      costOf(setting, choosing[0]!);
      open.push(setting);
    } catch (error) {
      if (!speaksAgainstSetting(error)) throw error;
      failed.push({ setting, error });
    }
  }
  if (open.length === 0 && failed.length > 0) throw failed[0]!.error;

  const dearest = (queries: readonly Candidates[]): number =>
    Math.max(0, ...open.map((setting) => total(queries, (one) => costOf(setting, one))));
  const kept = Math.max(
    Math.min(dearest(measuring), budgetTokens * heldOut),
    dearest(measuring.slice(0, fewestMeasured)),
  );
  if (kept >= budgetTokens) {
    throw new RankforgeError(
      'budget-exhausted',
      `The budget of ${budgetTokens} tokens does not reach for measuring a winner, which takes up to ${Math.ceil(kept)}`,
      { hint: 'Give a larger budget, or fewer candidates a query.' },
    );
  }
  const search = await successiveHalving({
    settings: open,
    trials: choosing.length,
    cost: (setting, trial) => costOf(setting, choosing[trial]!),
    measure: async (setting, trial) => scoreOf(await rank(setting, choosing[trial]!)),
    budget: budgetTokens - kept,
    outOfTheRace: speaksAgainstSetting,
    signal,
    onProgress: options.onProgress,
  });

  const values: number[] = [];
  let plannedTokens = search.spent;
  for (const candidates of measuring) {
    const cost = costOf(search.winner, candidates);
    if (plannedTokens + cost > budgetTokens) break;
    plannedTokens += cost;
    values.push(scoreOf(await rank(search.winner, candidates)));
  }
  const measured = measuring.slice(0, values.length);
  const interval = (of: readonly number[]): Interval => bootstrapInterval(of, { seed });
  const firstStage: Run = new Map(
    measured.map(({ query, items }) => [
      query.id,
      items.map(({ passage }, index) => ({ id: passage.id, score: -index })),
    ]),
  );
  const beside = Object.entries({ 'first-stage': firstStage, ...options.beside }).map(([name, run]) => [
    name,
    interval(measured.map(({ query }) => scoreOf({ queryId: query.id, items: asItems(run.get(query.id)) }))),
  ]);
  return {
    winner: search.winner,
    measure,
    value: interval(values),
    beside: Object.fromEntries(beside),
    queries: { chosenOn: choosing.length, measuredOn: measured.length },
    rungs: search.rungs,
    failed: [...failed, ...search.failed],
    plannedTokens,
  };
}

/** A list of one passage has one order, and says nothing of who orders it. */
function tooFew(judged: number, withCandidates: number): RankforgeError {
  const queries = judged === 1 ? '1 judged query' : `${judged} judged queries`;
  const have = withCandidates === 1 ? '1 has' : `${withCandidates} have`;
  return new RankforgeError(
    'too-little-data',
    `Of ${queries} ${have} two or more candidates: too few to choose by`,
    {
      hint: (spell) =>
        `Judge at least 6 queries or generate some with known items, and give longer lists with ${spell('run')}.`,
    },
  );
}

function planned(
  { method }: TuneSetting,
  comparator: Comparator,
  candidates: Candidates,
  depth: number | undefined,
): number {
  const { promptTokens, outputTokens } = plan({ program: method, comparator, candidates, depth });
  return promptTokens + outputTokens;
}

/** What a model cannot do, or does not do well enough to be read. */
const speaksAgainstSetting = (error: unknown): boolean =>
  error instanceof RankforgeError &&
  ['unsupported', 'ambiguous-labels', 'unparsed-ranking', 'bad-reply', 'context-overflow'].includes(
    error.code,
  );

const total = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((sum, item) => sum + of(item), 0);

const asItems = (list: Run extends ReadonlyMap<string, infer L> ? L | undefined : never) =>
  (list ?? []).map(({ id, score }, index) => ({ id, score, rank: index + 1 }));

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
