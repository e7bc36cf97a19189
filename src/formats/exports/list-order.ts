import type { Example, ExamplePassage } from '../../core/example.js';
import { randomStream, shuffle } from '../../core/random.js';
import type { ExportOptions } from './export-format.js';

/** One prompt's worth of an example. */
export interface ListwisePart {
  /** As the prompt shows them. */
  readonly shown: readonly ExamplePassage[];
  /** Positions of `shown`, best first. */
  readonly order: readonly number[];
  /** Where equal, the order of two passages says nothing: the teacher's rank, or the grade below 3. By position. */
  readonly levels: readonly number[];
  readonly thinking?: string;
}

/**
 * An example as lists to be ranked. Passages are shown in an order drawn from the seed, as a prompt that has them in the right
 * one teaches to copy; where a teacher's thinking is kept, in the order that it speaks of, and the target is what it led to.
 * Thinking that put a passage below one that is not relevant, though it is, is left out. Else the target is the teacher's ranking
 * where it ranked every passage, or the grades. A list of one passage is none.
 */
export function listwiseParts(example: Example, { seed = 7, listSize = 20 }: ExportOptions): ListwisePart[] {
  const { query, passages, thinking } = example;
  if (thinking) {
    const byId = new Map(passages.map((item) => [item.passage.id, item]));
    const shown = thinking.passageIds.flatMap((id) => byId.get(id) ?? []);
    const whole = shown.length === thinking.passageIds.length && shown.length > 1 && shown.length <= listSize;
    const order = thinking.ranking?.map((id) => thinking.passageIds.indexOf(id));
    if (whole && (!order || leadsToRelevant(order.map((position) => shown[position]!)))) {
      const part = { ...ranked(shown), thinking: thinking.text };
      return [order ? { ...part, order } : part];
    }
  }
  const drawn = shuffle(passages, randomStream(seed, 'list order', query.id));
  // Two lists of 13 rather than one of 20 and one of 6.
  const parts = Math.ceil(drawn.length / listSize);
  const size = Math.ceil(drawn.length / Math.max(1, parts));
  return Array.from({ length: parts }, (_, part) => drawn.slice(part * size, (part + 1) * size))
    .filter((shown) => shown.length > 1)
    .map(ranked);
}

/** Whether what is relevant stands before what is not. */
const leadsToRelevant = (best: readonly ExamplePassage[]): boolean =>
  best.every(({ grade }, rank) => rank === 0 || grade < 2 || best[rank - 1]!.grade >= 2);

function ranked(shown: readonly ExamplePassage[]): ListwisePart {
  const levels = levelsOf(shown);
  const order = shown.map((_, index) => index).sort((a, b) => levels[a]! - levels[b]! || a - b);
  return { shown, order, levels };
}

/** By passage, lower is better. */
function levelsOf(shown: readonly ExamplePassage[]): number[] {
  if (shown.every(({ teacherRank }) => teacherRank !== undefined)) {
    return shown.map(({ teacherRank }) => teacherRank!);
  }
  if (shown.every(({ teacherScore }) => teacherScore !== undefined)) {
    return shown.map(({ teacherScore }) => -teacherScore!);
  }
  return shown.map(({ grade }) => 3 - grade);
}

/**
 * A worse order of the same list, or undefined where no order is worse: up to a quarter of its passages change places with one
 * of another level.
 * @param name of the random stream
 */
export function worseOrder(
  { order, levels }: ListwisePart,
  seed: number,
  name: string,
): number[] | undefined {
  const random = randomStream(seed, 'worse order', name);
  const worse = [...order];
  const swaps = 1 + random.int(Math.max(1, Math.floor(order.length / 4)));
  for (let swap = 0; swap < swaps; swap++) {
    const pairs = worse.flatMap((first, i) =>
      worse.slice(i + 1).flatMap((second, j) => (levels[first]! < levels[second]! ? [[i, i + 1 + j]] : [])),
    );
    if (pairs.length === 0) break;
    const [i, j] = pairs[random.int(pairs.length)] as [number, number];
    [worse[i], worse[j]] = [worse[j]!, worse[i]!];
  }
  return worse.some((position, rank) => levels[position] !== levels[order[rank]!]) ? worse : undefined;
}
