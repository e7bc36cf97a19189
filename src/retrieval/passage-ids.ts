import { setImmediate } from 'node:timers/promises';
import { RankforgeError } from '../core/errors.js';
import type { Passage } from '../core/passage.js';
import type { JobOptions } from '../core/progress.js';

// Often enough that a signal or a progress bar is heard of at once, seldom enough to cost nothing.
const reportEvery = 1000;

/**
 * Walks a collection once, in order, and numbers its ids.
 * @param each called for every passage
 * @returns by id its number, in the order of the collection
 * @throws RankforgeError `duplicate-id`, `empty-corpus`
 */
export async function collectIds(
  passages: Iterable<Passage> | AsyncIterable<Passage>,
  stage: string,
  { signal, onProgress }: JobOptions,
  each: (passage: Passage) => void | Promise<void>,
): Promise<Map<string, number>> {
  const numbers = new Map<string, number>();
  const total = Array.isArray(passages) ? passages.length : undefined;
  const report = (): void => onProgress?.({ stage, done: numbers.size, total, unit: 'items' });
  signal?.throwIfAborted();
  const take = (passage: Passage): void | Promise<void> => {
    if (numbers.has(passage.id)) {
      throw new RankforgeError('duplicate-id', `Two passages have the id ${passage.id}`, {
        where: passage.id,
        hint: 'Give each passage an id of its own.',
      });
    }
    numbers.set(passage.id, numbers.size);
    return each(passage);
  };
  // A plain list is walked without a wait for each passage, which would take longer than indexing it.
  const step = async (): Promise<void> => {
    report();
    await setImmediate();
    signal?.throwIfAborted();
  };
  if (Symbol.iterator in passages) {
    for (const passage of passages) {
      const pending = take(passage);
      if (pending) await pending;
      if (numbers.size % reportEvery === 0) await step();
    }
  } else {
    for await (const passage of passages) {
      await take(passage);
      if (numbers.size % reportEvery === 0) await step();
    }
  }
  if (numbers.size === 0) {
    throw new RankforgeError('empty-corpus', 'There are no passages to index', {
      hint: 'Give a corpus with at least one passage.',
    });
  }
  report();
  return numbers;
}

/** The error for an id that an index does not hold. */
export const unknownPassage = (id: string, index: string): RankforgeError =>
  new RankforgeError('unknown-id', `Passage ${id} is not in the ${index} index`, {
    where: id,
    hint: 'Index the corpus that the passage belongs to.',
  });
