import { RankforgeError } from '../../core/errors.js';
import { noUsage } from '../../core/usage.js';
import { untilAborted } from '../../core/wait.js';

interface Flight<T> {
  readonly work: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
  answered: boolean;
}

/** Calls under way, by key: a second caller of the same key waits for the first one's answer. */
export interface Flights<T> {
  /**
   * @param start begins the work; its signal aborts only when every caller has left
   * @returns the answer, and whether this caller is the first to be given it: what it cost is counted there
   * @throws the work's failure; what it took is told to the first caller alone
   */
  share(
    key: string,
    start: (signal: AbortSignal) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<{ value: T; first: boolean }>;
}

export function createFlights<T>(): Flights<T> {
  const flights = new Map<string, Flight<T>>();
  return {
    async share(key, start, signal) {
      let flight = flights.get(key);
      if (!flight) {
        const controller = new AbortController();
        const work = start(controller.signal).finally(() => {
          if (flights.get(key)?.controller === controller) flights.delete(key);
        });
        // A caller that left no longer listens; its failure is nobody's.
        work.catch(() => {});
        flight = { work, controller, waiting: 0, answered: false };
        flights.set(key, flight);
      }
      flight.waiting += 1;
      // Not whoever began it: that caller may have left.
      const answer = (): boolean => {
        const first = !flight.answered;
        flight.answered = true;
        return first;
      };
      try {
        const value = await untilAborted(flight.work, signal);
        return { value, first: answer() };
      } catch (error) {
        if (signal?.aborted || answer() || !(error instanceof RankforgeError)) throw error;
        throw error.with({ usage: noUsage });
      } finally {
        flight.waiting -= 1;
        if (flight.waiting === 0 && signal?.aborted) {
          if (flights.get(key) === flight) flights.delete(key);
          flight.controller.abort(signal.reason);
        }
      }
    },
  };
}
