import { RankforgeError } from '../../core/errors.js';
import { lookUp } from '../../core/names.js';
import type { Qrels } from '../../core/run.js';
import type { LanguageModel } from '../../models/language-model.js';
import type { Comparator } from '../comparator.js';
import { firstComparator } from './first.js';
import { generateComparator } from './generate.js';
import { noisyComparator, oracleComparator } from './judged.js';
import { likelihoodComparator } from './likelihood.js';
import type { ModelComparatorOptions } from './model-options.js';
import { pointwiseComparator } from './pointwise.js';
import { type ReplayOptions, readRecordedReplies, replayComparator } from './replay.js';

/** Comparators that ask a language model. */
export const comparators = {
  first: firstComparator,
  generate: generateComparator,
  pointwise: pointwiseComparator,
  likelihood: likelihoodComparator,
} satisfies Record<string, (options: ModelComparatorOptions) => Comparator>;

export type ComparatorName = keyof typeof comparators;

/** What a comparator may need; each is asked for only where it does. */
export interface ComparatorNeeds extends ReplayOptions {
  readonly model?: LanguageModel | undefined;
  readonly qrels?: Qrels | undefined;
  readonly seed?: number | undefined;
}

type Opener = (argument: string | undefined, needs: ComparatorNeeds) => Comparator | Promise<Comparator>;

const asksModel =
  (factory: (options: ModelComparatorOptions) => Comparator): Opener =>
  (_, { model }) =>
    factory({ model: given(model, 'a language model', '--model') });

const openers: Readonly<Record<string, Opener>> = {
  ...Object.fromEntries(Object.entries(comparators).map(([name, factory]) => [name, asksModel(factory)])),
  oracle: (_, { qrels }) => oracleComparator(given(qrels, 'judgements', '--qrels')),
  noisy: (sd, { qrels, seed }) => {
    const deviation = Number(sd ?? '1');
    if (!(deviation >= 0 && Number.isFinite(deviation)) || sd === '') {
      throw new RankforgeError('usage', `noisy:${sd} has no standard deviation`, {
        where: `noisy:${sd}`,
        hint: 'Write it as noisy:0.5, in grades.',
      });
    }
    return noisyComparator(given(qrels, 'judgements', '--qrels'), deviation, seed);
  },
  replay: async (path, { parser }) =>
    replayComparator(
      await readRecordedReplies(given(path || undefined, 'a file', 'replay:FILE')),
      parser ? { parser } : {},
    ),
};

/** Whether the comparator of this name asks a language model. */
export const needsModel = (spec: string): boolean => Object.hasOwn(comparators, nameOf(spec));

/**
 * A comparator by its written form: `first`, `generate`, `pointwise`, `likelihood`, `oracle`, `noisy:SD`, `replay:FILE`.
 * @throws RankforgeError `unknown-name` with the nearest right one; `usage` where what it needs is not given
 */
export async function openComparator(spec: string, needs: ComparatorNeeds = {}): Promise<Comparator> {
  const name = nameOf(spec);
  const open = lookUp(openers, name, 'comparator');
  return open(spec.length > name.length ? spec.slice(name.length + 1) : undefined, needs);
}

const nameOf = (spec: string): string => spec.split(':', 1)[0]!;

function given<T>(value: T | undefined, what: string, option: string): T {
  if (value !== undefined) return value;
  throw new RankforgeError('usage', `This comparator needs ${what}`, { hint: `Give ${option}.` });
}
