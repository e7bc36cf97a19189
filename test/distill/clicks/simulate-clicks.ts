import { randomStream } from '../../../src/core/random.js';
import { orderByScore } from '../../../src/core/vectors.js';
import type { ClickSession } from '../../../src/distill/clicks/click-log.js';
import type { TrainingList } from '../../../src/distill/training-list.js';

/** What is looked at less the further down it stands: (1 / rank)^severity. */
export const lookedAt = (position: number, severity = 1): number => (1 / (position + 1)) ** severity;

export interface SimulatedLog {
  readonly lists: readonly TrainingList[];
  /** By query id, how likely each row is to be clicked when it is looked at. */
  readonly attraction: ReadonlyMap<string, readonly number[]>;
  readonly sessions: readonly ClickSession[];
}

/**
 * Somebody's search with position bias. `good` makes a passage relevant; the production ranker that shows the lists goes by `old`,
 * which says little of it, and a little noise. People look at position k with probability `lookedAt(k)` and click what they looked
 * at by its attraction, 0.1 to 1.
 */
export function simulateClicks({
  queries = 150,
  rows = 10,
  perQuery = 40,
  severity = 1,
  jitter = 0.5,
  seed = 1,
}: {
  queries?: number;
  rows?: number;
  perQuery?: number;
  severity?: number;
  /** Deviation of the noise by which the lists of one query differ. */
  jitter?: number;
  seed?: number;
} = {}): SimulatedLog {
  const names = ['old', 'good', 'noise'];
  const lists: TrainingList[] = [];
  const attraction = new Map<string, readonly number[]>();
  const sessions: ClickSession[] = [];
  for (let query = 0; query < queries; query++) {
    const queryId = `q${query}`;
    const random = randomStream(seed, 'simulated', query);
    const data = Float64Array.from({ length: rows * 3 }, () => random.normal());
    const feature = (row: number, column: number): number => data[row * 3 + column]!;
    const own = Array.from(
      { length: rows },
      (_, row) => 0.1 + 0.9 / (1 + Math.exp(-2 * (feature(row, 1) + 0.2 * feature(row, 0) - 0.5))),
    );
    attraction.set(queryId, own);
    lists.push({ queryId, features: { names, rows, data }, labels: new Float64Array(rows) });
    for (let session = 0; session < perQuery; session++) {
      const shown = orderByScore(own.map((_, row) => feature(row, 0) + jitter * random.normal()));
      const clicked = shown.flatMap((row, position) =>
        random.next() < lookedAt(position, severity) * own[row]! ? [position] : [],
      );
      sessions.push({ queryId, shown: shown.map((row) => `p${row}`), clicked });
    }
  }
  return { lists, attraction, sessions };
}
