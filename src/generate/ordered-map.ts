import { RankforgeError } from '../core/errors.js';

/**
 * Maps with at most `width` items under way, and yields in the order of the input, each as soon as it and those before it are done.
 * A failure, of the input or of an item, comes after everything before it was yielded; nothing is under way once the generator has ended.
 * @param width at least 1
 * @throws RankforgeError `usage` for a width that would read nothing
 */
export async function* orderedMap<T, R>(
  input: AsyncIterable<T> | Iterable<T>,
  width: number,
  map: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  if (!(width >= 1)) {
    throw new RankforgeError('usage', `Of ${width} items under way at once nothing gets done`, {
      where: 'concurrency',
      hint: 'Give a concurrency of 1 or more.',
    });
  }
  const source = Symbol.asyncIterator in input ? input[Symbol.asyncIterator]() : input[Symbol.iterator]();
  // Async, so that an iterator that throws and one that rejects are the same.
  const read = async (): Promise<IteratorResult<T>> => source.next();
  const running: Promise<R>[] = [];
  let next: Promise<IteratorResult<T>> | undefined;
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  try {
    for (;;) {
      if (!ended && running.length < width) next ??= read();
      const arrived = next?.then(
        (result) => ({ result }),
        (error: unknown) => ({ error }),
      );
      const head = running[0]?.then(
        () => 'head' as const,
        () => 'head' as const,
      );
      if (!arrived && !head) break;
      // The head first: what is finished goes on before more is begun.
      const event = await Promise.race([...(head ? [head] : []), ...(arrived ? [arrived] : [])]);
      if (event === 'head') {
        yield await running.shift()!;
        continue;
      }
      next = undefined;
      if ('error' in event) [failure, ended] = [{ error: event.error }, true];
      else if (event.result.done) ended = true;
      else {
        const task = map(event.result.value);
        // Looked at in its turn; until then a failure must not count as unhandled.
        task.catch(() => {});
        running.push(task);
      }
    }
    if (failure) throw failure.error;
  } finally {
    await Promise.allSettled(running);
    await next?.catch(() => {});
    if (!ended) await source.return?.();
  }
}
