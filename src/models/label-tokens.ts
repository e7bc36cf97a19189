import { RankforgeError } from '../core/errors.js';

/** Where replies first differ. */
export interface LabelTokens {
  /** Tokens that all replies share: prefilled. */
  readonly prefix: readonly number[];
  /** The next token of each reply, all different: the logits to read. */
  readonly labels: readonly number[];
}

/**
 * Which token is the label, worked out from tokenised replies and never assumed. With Qwen's vocabulary `[A` is one
 * token and `[O` two, so the replies `[A] > …` and `[O] > …` differ already at the bracket; `[` would then stand for O
 * though it begins every label, and where O and Q are both asked for it stands for both.
 * @param replies for each label, the tokens of the reply that begins with it
 * @param textOf the text of a token; with it, a token that is only the beginning of another label is refused as well
 * @throws RankforgeError `ambiguous-labels` where a label has no token of its own: choose another label style
 */
export function alignLabels(
  replies: readonly (readonly number[])[],
  textOf?: (token: number) => string,
): LabelTokens {
  const found = findLabels(replies, textOf);
  if ('clash' in found) {
    const [first, second] = found.clash;
    throw new RankforgeError(
      'ambiguous-labels',
      `The tokenizer does not tell replies ${first + 1} and ${second + 1} apart`,
      {
        where: `replies ${first + 1} and ${second + 1} of ${replies.length}`,
        hint: 'Use another label style (plain letters, numbers), or fewer labels.',
      },
    );
  }
  return found;
}

/** The probability that the labels shown hold together, 0 to 1: rounding can take the sum a hair above. */
export const labelMass = (logProbabilities: readonly (number | null)[]): number =>
  Math.min(
    1,
    logProbabilities.reduce<number>((sum, value) => sum + (value === null ? 0 : Math.exp(value)), 0),
  );

/** Whether `alignLabels` would find a token for each reply. */
export const labelsAlign = (
  replies: readonly (readonly number[])[],
  textOf?: (token: number) => string,
): boolean => !('clash' in findLabels(replies, textOf));

/**
 * By label, the tokens that spell it where it stands: its own and the one with a blank before it (without, where its own has
 * one), if the vocabulary has that and no label is it already.
 */
export function spellLabels(
  labels: readonly number[],
  textOf: (token: number) => string,
  tokenise: (text: string) => readonly number[],
): number[][] {
  const taken = new Set(labels);
  return labels.map((label) => {
    const text = textOf(label);
    const [other, ...more] = tokenise(text.startsWith(' ') ? text.slice(1) : ` ${text}`);
    if (other === undefined || more.length > 0 || taken.has(other)) return [label];
    taken.add(other);
    return [label, other];
  });
}

function findLabels(
  replies: readonly (readonly number[])[],
  textOf?: (token: number) => string,
): LabelTokens | { readonly clash: readonly [number, number] } {
  const first = replies[0] ?? [];
  let shared = 0;
  while (
    shared < first.length &&
    replies.length > 1 &&
    replies.every((reply) => reply[shared] === first[shared])
  ) {
    shared++;
  }
  const labels: number[] = [];
  const owner = new Map<number, number>();
  for (const [index, reply] of replies.entries()) {
    const label = reply[shared];
    // A reply that ends here is the beginning of all others.
    if (label === undefined) return { clash: [index, index === 0 ? 1 : 0] };
    const other = owner.get(label);
    if (other !== undefined) return { clash: [other, index] };
    owner.set(label, index);
    labels.push(label);
  }
  const torn = textOf && findTorn(replies, shared, textOf);
  return torn ? { clash: torn } : { prefix: first.slice(0, shared), labels };
}

/**
 * A label that is torn into several tokens while another is whole: its token begins the other's text, and what follows
 * is another character (`[` then `O`, beside `[A` then `]`). `1` beside `10` is no such case: both are followed alike.
 */
function findTorn(
  replies: readonly (readonly number[])[],
  at: number,
  textOf: (token: number) => string,
): readonly [number, number] | undefined {
  const shown = replies.map((reply) => ({
    text: textOf(reply[at]!),
    next: reply[at + 1] === undefined ? '' : ([...textOf(reply[at + 1]!)][0] ?? ''),
  }));
  for (const [i, a] of shown.entries()) {
    for (const [j, b] of shown.entries()) {
      if (a.text.length < b.text.length && b.text.startsWith(a.text) && a.next !== b.next) return [i, j];
    }
  }
  return undefined;
}
