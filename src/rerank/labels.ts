import type { LanguageModel } from '../models/language-model.js';

/** How passages are named in a prompt and in its reply. */
export interface LabelSet {
  readonly style: LabelStyle;
  /** One a passage, as the reply writes it: `[B]`, `B`, `12`. */
  readonly labels: readonly string[];
}

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const bothCases = [...letters, ...letters.map((letter) => letter.toLowerCase())];
const signs = [...bothCases, ...'0123456789'];
const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index + 1));
const bracketed = (labels: readonly string[] | undefined): string[] | undefined =>
  labels?.map((label) => `[${label}]`);
const firstLetters = (count: number): string[] | undefined =>
  count <= letters.length ? letters.slice(0, count) : undefined;
const pairsOf = (alphabet: readonly string[]): string[] =>
  alphabet.flatMap((first) => alphabet.map((second) => first + second));

type Tokens = Pick<LanguageModel, 'countTokens' | 'tellsApart'>;

/** By style, the labels for so many passages; undefined where the style has not enough of them. In the order they are tried. */
export const labelStyles = {
  'bracketed-letters': (count: number) => bracketed(firstLetters(count)),
  letters: (count: number) => firstLetters(count),
  'bracketed-numbers': (count: number) => bracketed(numbers(count)),
  numbers: (count: number) => numbers(count),
  'two-letters': (count: number, model: Tokens) => singleTokens(count, pairsOf(letters), model),
  'mixed-letters': (count: number, model: Tokens) => singleTokens(count, pairsOf(bothCases), model),
  /** The last resort, for small vocabularies. */
  'one-or-two-signs': (count: number, model: Tokens) =>
    singleTokens(count, [...signs, ...pairsOf(signs)], model),
} satisfies Record<string, (count: number, model: Tokens) => readonly string[] | undefined>;

export type LabelStyle = keyof typeof labelStyles;

/**
 * Replies that begin with each label in turn, as `LanguageModel.nextToken` takes them: the label and the one that
 * would follow it, since what follows decides how a label is cut into tokens.
 */
export const labelReplies = (labels: readonly string[]): string[] =>
  labels.map((label, index) => `${label} > ${labels[index === 0 ? 1 : 0]}`);

/**
 * The first label style whose replies the model's tokenizer tells apart by one token each, or undefined where none
 * does. Which one that is differs by vocabulary: Qwen's has `[A` as one token and `[O` as two.
 * @param wanted only this style
 * @param repliesOf the replies that the prompt asks for, one for each label
 */
export function chooseLabels(
  count: number,
  model: Tokens,
  wanted?: LabelStyle,
  repliesOf: (labels: readonly string[]) => string[] = labelReplies,
): LabelSet | undefined {
  const styles = wanted ? [wanted] : (Object.keys(labelStyles) as LabelStyle[]);
  for (const style of styles) {
    const labels = labelStyles[style](count, model);
    if (labels && model.tellsApart(repliesOf(labels))) return { style, labels };
  }
  return undefined;
}

/** The labels for a written reply, which any tokenizer will do for: letters for up to 26 passages, numbers for more. */
export const writtenLabels = (count: number): string[] =>
  labelStyles['bracketed-letters'](count) ?? labelStyles['bracketed-numbers'](count)!;

/** The first labels that the tokenizer keeps whole where a reply begins with them. */
function singleTokens(
  count: number,
  labels: readonly string[],
  model: Pick<LanguageModel, 'countTokens'>,
): string[] | undefined {
  const rest = model.countTokens(' > A');
  const found: string[] = [];
  for (const label of labels) {
    if (model.countTokens(`${label} > A`) - rest === 1) found.push(label);
    if (found.length === count) return found;
  }
  return undefined;
}
