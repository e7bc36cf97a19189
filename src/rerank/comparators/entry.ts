import { RankforgeError } from '../../core/errors.js';
import type { SettingName } from '../../core/hint.js';
import type { Qrels } from '../../core/run.js';
import type { EmbeddingModel } from '../../models/embedding-model.js';
import type { LanguageModel } from '../../models/language-model.js';
import type { PromptTemplate } from '../../prompts/template.js';
import type { Comparator } from '../comparator.js';
import type { ModelComparatorOptions } from './model-options.js';
import type { ModelNeed } from './needs.js';

/** What a comparator may be given; each is asked for only where it is needed. */
export interface ComparatorNeeds {
  readonly model?: LanguageModel | undefined;
  /** Another prompt than the comparator's own. */
  readonly prompt?: PromptTemplate | undefined;
  readonly encoder?: EmbeddingModel | undefined;
  readonly qrels?: Qrels | undefined;
  /** How `replay` reads replies. @default 'anchored' */
  readonly parser?: 'anchored' | 'digits' | undefined;
  readonly seed?: number | undefined;
}

/**
 * What a program learns of a group: scores that no other passage of the group changes; scores; an order; the best one,
 * where no log-probabilities show the others; or which of two wins.
 */
export type Gives = 'absolute-scores' | 'scores' | 'order' | 'best' | 'pair';

/** A comparator by name, as `openComparator` finds it. */
export interface ComparatorEntry {
  /** How it is written, for help and errors. */
  readonly form: string;
  readonly summary: string;
  readonly needs: {
    /** What it can use of a language model, best first: a later one is the fallback, with a warning. */
    readonly model?: readonly ModelNeed[];
    /** What it takes instead of a language model, in words. */
    readonly input?: string;
  };
  readonly gives: Gives;
  /**
   * @param argument what follows the first colon
   * @throws RankforgeError `usage` for an argument that does not fit, or where what it needs is not given
   */
  create(argument: string | undefined, given: ComparatorNeeds): Comparator | Promise<Comparator>;
}

/** An entry's `create` for a comparator that takes a language model and nothing after its name. */
export const onModel =
  (form: string, factory: (options: ModelComparatorOptions) => Comparator): ComparatorEntry['create'] =>
  (argument, { model, prompt }) => {
    if (argument !== undefined) throw notSo(form, argument);
    return factory({ model: needed(model, 'a language model', 'model'), prompt });
  };

/** @throws RankforgeError `usage` where it is not given */
export function needed<T>(value: T | undefined, what: string, option: SettingName): T {
  if (value !== undefined) return value;
  throw new RankforgeError('usage', `This comparator needs ${what}`, {
    hint: (spell) => `Give ${spell(option)}.`,
  });
}

/** The error for an argument that a comparator does not take. */
export const notSo = (form: string, argument: string): RankforgeError =>
  new RankforgeError('usage', `"${argument}" is nothing that this comparator takes`, {
    where: argument,
    hint: `Write it as ${form}.`,
  });
