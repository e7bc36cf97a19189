import type { Example, TeacherThinking } from '../core/example.js';
import type { JobOptions } from '../core/progress.js';
import { randomStream, shuffle } from '../core/random.js';
import type { Warning } from '../core/warning.js';
import type { Comparator } from '../rerank/comparator.js';
import { rerankRun } from '../rerank/rerank-run.js';
import { wrapped } from '../rerank/wrapped.js';

export interface TeacherThinkingOptions extends JobOptions {
  readonly seed: number;
  /** Comparisons under way at once. @default 4 */
  readonly callsAtOnce?: number;
  /** The most passages of an example that it is asked about; longer ones are left as they are. @default 20 */
  readonly listSize?: number;
}

/**
 * What a reasoning teacher thinks of each example's own passages, shown in a drawn order: one call an example. Its thinking about
 * candidates speaks of other passages, and is of no use beside these. A reply that is no ranking leaves the example without.
 * @returns by query id, and a warning for each example that has none
 */
export async function teacherThinking(
  examples: readonly Example[],
  comparator: Comparator,
  { seed, callsAtOnce, listSize = 20, signal, onProgress }: TeacherThinkingOptions,
): Promise<{
  readonly thinking: ReadonlyMap<string, TeacherThinking>;
  readonly warnings: readonly Warning[];
}> {
  const thinking = new Map<string, TeacherThinking>();
  const listening: Comparator = {
    ...wrapped(comparator),
    async compare(query, passages, options) {
      const comparison = await comparator.compare(query, passages, options);
      if (comparison.thinking) {
        const passageIds = passages.map(({ id }) => id);
        const ranking = comparison.order.map((position) => passageIds[position]!);
        thinking.set(query.id, { text: comparison.thinking, passageIds, ranking });
      }
      return comparison;
    },
  };
  const lists = examples
    .filter(({ passages }) => passages.length > 1 && passages.length <= listSize)
    .map(({ query, passages }) => ({
      query,
      items: shuffle(passages, randomStream(seed, 'teacher-thinking', query.id)).map(({ passage }) => ({
        passage,
      })),
    }));
  const warnings: Warning[] = [];
  const rankings = rerankRun(lists, {
    program: 'full',
    comparator: listening,
    onFailure: 'keep',
    concurrency: callsAtOnce,
    signal,
  });
  let done = 0;
  for await (const ranking of rankings) {
    warnings.push(...ranking.warnings);
    onProgress?.({ stage: 'thinking', done: ++done, total: lists.length });
  }
  return { thinking, warnings };
}
