import { RankforgeError } from '../core/errors.js';
import { repeatedName } from '../core/names.js';
import type { Qrels, Run, ScoredId } from '../core/run.js';
import { mean } from '../core/vectors.js';
import { type Measure, measure } from './parse-measure.js';

export interface EvaluateOptions {
  /**
   * A judged query that the run does not answer: counts as 0 in every measure, as with trec_eval -c, or is left out,
   * as trec_eval does by default. Leaving out flatters a run that fails on hard queries. @default 'zero'
   */
  readonly missingQueries?: 'zero' | 'skip';
  /** The lowest grade that counts as relevant, as trec_eval -l, where a measure's name does not say it. @default 1 */
  readonly relevantFrom?: number;
}

export interface Evaluation {
  /** By measure name, over `queries`. */
  readonly means: Readonly<Record<string, number>>;
  /** By query id, in the qrels' order, then by measure name. */
  readonly perQuery: ReadonlyMap<string, Readonly<Record<string, number>>>;
  /** Judged queries without an answer in the run: in the means or not, by `missingQueries`. */
  readonly missing: readonly string[];
  /** Queries of the run without judgements: never in the means. */
  readonly unjudged: readonly string[];
}

/**
 * Measures a run, equal to trec_eval to 4 decimals. Lists are taken in the order given, best first: `readRun` gives
 * trec_eval's order.
 * @param wanted names as `measure` takes them, or measures of your own
 * @throws RankforgeError `unknown-name`; `duplicate-id` for a passage ranked twice; `too-little-data` when nothing
 * is judged, or the run answers no judged query
 */
export function evaluateRun(
  qrels: Qrels,
  run: Run,
  wanted: readonly (string | Measure)[],
  options: EvaluateOptions = {},
): Evaluation {
  const chosen = wanted.map((item) => (typeof item === 'string' ? measure(item, options) : item));
  const perQuery = new Map<string, Record<string, number>>();
  const missing: string[] = [];
  for (const [queryId, grades] of qrels) {
    const items = run.get(queryId);
    // A query with an empty list was not answered either: a run file cannot hold it.
    if (!items?.length) missing.push(queryId);
    if (!items?.length && options.missingQueries === 'skip') continue;
    const ranking = uniqueIds(queryId, items ?? []);
    perQuery.set(queryId, Object.fromEntries(chosen.map((one) => [one.name, one.of(ranking, grades)])));
  }
  if (missing.length === qrels.size) throw nothingToMeasure(qrels, run);
  const rows = [...perQuery.values()];
  const means = Object.fromEntries(chosen.map(({ name }) => [name, mean(rows.map((row) => row[name]!))]));
  return { means, perQuery, missing, unjudged: [...run.keys()].filter((id) => !qrels.has(id)) };
}

function nothingToMeasure(qrels: Qrels, run: Run): RankforgeError {
  if (qrels.size === 0) {
    return new RankforgeError('too-little-data', 'There is no judgement to measure the run against', {
      hint: 'Give judgements of at least one query; a file without any may be the wrong one, or cut short.',
    });
  }
  if (run.size === 0) {
    return new RankforgeError('too-little-data', 'The run is empty', {
      hint: 'Give a run that ranks passages for at least one judged query.',
    });
  }
  return new RankforgeError('too-little-data', `The run answers none of the ${qrels.size} judged queries`, {
    where: [...run.keys()].slice(0, 3).join(', '),
    hint: 'Check that run and judgements are of the same collection and name its queries alike.',
  });
}

function uniqueIds(queryId: string, items: readonly ScoredId[]): string[] {
  const ids = items.map(({ id }) => id);
  const twice = repeatedName(ids);
  if (twice === undefined) return ids;
  throw new RankforgeError('duplicate-id', `Query "${queryId}" ranks passage "${twice}" twice`, {
    where: queryId,
    hint: 'Rank each passage once a query.',
  });
}
