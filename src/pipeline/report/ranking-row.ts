import { type BootstrapOptions, bootstrapInterval } from '../../evaluate/bootstrap-interval.js';
import type { Evaluation } from '../../evaluate/evaluate-run.js';
import type { RankingRow } from './report-data.js';

/** A row of the measures table: each measure's mean with its interval over the queries. */
export function rankingRow(
  ranking: Pick<RankingRow, 'name' | 'kind'>,
  { means, perQuery }: Evaluation,
  options: BootstrapOptions,
): RankingRow {
  const rows = [...perQuery.values()];
  const measures = Object.fromEntries(
    Object.keys(means).map((name) => [
      name,
      bootstrapInterval(
        rows.map((row) => row[name]!),
        options,
      ),
    ]),
  );
  return { ...ranking, measures };
}
