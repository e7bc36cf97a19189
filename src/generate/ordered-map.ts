import { RankforgeError } from '../core/errors.js';

/**
 * Maps with at most `width` items under way, and yields in the order of the input, each as soon as it and those before it are done.
 * As many again may wait, done, behind one that is slow. A failure, of the input or of an item, comes after everything before it
 * was yielded; nothing is under way once the generator has ended.
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
  const tasks: Task<R>[] = [];
  let underWay = 0;
  let reading: Promise<void> | undefined;
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let wake = () => {};

  const begin = (item: T): void => {
    const task: Task<R> = { result: map(item), done: false };
    underWay += 1;
    const settle = () => {
      task.done = true;
      underWay -= 1;
      wake();
    };
    // A failure is looked at in its turn; until then it must not count as unhandled.
    task.result.then(settle, settle);
    tasks.push(task);
  };
  const read = async (): Promise<void> => {
    try {
      const result = await source.next();
      if (result.done) ended = true;
      else begin(result.value);
    } catch (error) {
      [failure, ended] = [{ error }, true];
    }
  };
  const readOn = () => {
    reading = undefined;
    wake();
  };

  try {
    for (;;) {
      // The head first: what is finished goes on before more is begun.
      if (tasks[0]?.done) {
        yield await tasks.shift()!.result;
        continue;
      }
      if (!ended && underWay < width && tasks.length < 2 * width) reading ??= read().then(readOn);
      if (tasks.length === 0 && !reading) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (failure) throw failure.error;
  } finally {
    await reading;
    await Promise.allSettled(tasks.map(({ result }) => result));
    if (!ended) await source.return?.();
  }
}

interface Task<R> {
  readonly result: Promise<R>;
  done: boolean;
}
