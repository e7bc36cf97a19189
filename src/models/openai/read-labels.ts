import type { Warning } from '../../core/warning.js';
import { labelMass } from '../label-tokens.js';

/** One written token and what else the model might have written there. */
export interface TokenPosition {
  readonly token: string;
  readonly logProbability: number;
  readonly alternatives: readonly { readonly token: string; readonly logProbability: number }[];
}

export interface LabelReading {
  readonly logProbabilities: readonly (number | null)[];
  readonly mass: number;
  readonly warnings: readonly Warning[];
}

export interface ReadLabelsOptions {
  /** The part of the replies that the server continued. @default '' */
  readonly prefilled?: string;
  /** What several spellings of a label count as: all together, or the most probable alone. @default 'sum' */
  readonly spellings?: 'sum' | 'most-probable';
}

/** The characters that all replies begin with; none where there is only one reply. */
export function sharedStart(replies: readonly string[]): string {
  const [first = '', ...others] = replies;
  if (others.length === 0) return '';
  let length = 0;
  while (length < first.length && others.every((reply) => reply[length] === first[length])) length += 1;
  return first.slice(0, length);
}

/**
 * Whether the character after what all replies share is a different one for each, and begins the label: `1` and `10`
 * share a part of theirs, and may be one token each.
 */
export function differAtOnce(replies: readonly string[]): boolean {
  const start = sharedStart(replies);
  const next = replies.map((reply) => reply[start.length]);
  if (/[\p{L}\p{N}]$/u.test(start)) return false;
  return next.every((character) => character !== undefined) && new Set(next).size === replies.length;
}

/**
 * Labels from the most probable tokens that a server shows, by their text. A token stands for the one reply that
 * begins with all that was written up to it; of several spellings (`A`, ` A`, `A]`) the probabilities are summed, or the
 * most probable counts. Where the shared start could not be prefilled the model has to write it, and its probability is part
 * of each label's.
 * @param positions what was written from the start of the reply, or from the end of `prefilled`
 */
export function readLabels(
  positions: readonly TokenPosition[],
  replies: readonly string[],
  { prefilled = '', spellings = 'sum' }: ReadLabelsOptions = {},
): LabelReading {
  const probabilities = new Float64Array(replies.length);
  let path = 0;
  let written = prefilled;
  let shown = 1;
  for (const position of positions) {
    shown = 0;
    for (const { token, logProbability } of position.alternatives) {
      shown += Math.exp(logProbability);
      const label = labelOf(written, token, replies);
      if (label === undefined) continue;
      const probability = Math.exp(path + logProbability);
      const before = probabilities[label]!;
      probabilities[label] = spellings === 'sum' ? before + probability : Math.max(before, probability);
    }
    path += position.logProbability;
    written = join(written, position.token);
    // Past the shared start, or away from it: nothing further tells labels apart.
    if (replies.filter((reply) => reply.startsWith(written)).length < 2) break;
  }
  const logProbabilities = Array.from(probabilities, (value) => (value === 0 ? null : Math.log(value)));
  const mass = labelMass(logProbabilities);
  const unseen = probabilities.filter((value) => value === 0).length;
  const warnings: Warning[] = [];
  if (unseen > 0) {
    warnings.push({
      code: 'labels-not-shown',
      message: `${unseen} of ${replies.length} labels were not among the tokens that the server shows; the labels shown hold ${mass.toFixed(4)}, the tokens not shown ${Math.max(0, 1 - shown).toFixed(4)}`,
    });
  }
  return { logProbabilities, mass, warnings };
}

const join = (written: string, token: string): string =>
  written === '' ? token.trimStart() : written + token;

function labelOf(written: string, token: string, replies: readonly string[]): number | undefined {
  const spellings = new Set([join(written, token), written + token.trimStart()]);
  const found = replies.flatMap((reply, index) =>
    [...spellings].some((text) => begins(reply, text)) ? [index] : [],
  );
  return found.length === 1 ? found[0] : undefined;
}

/** Whether a text can be the start of a reply: `A` and `A)` can of `A`, `Answer` cannot. */
function begins(reply: string, text: string): boolean {
  if (text === '') return false;
  if (reply.startsWith(text)) return true;
  return text.startsWith(reply) && !/[\p{L}\p{N}]/u.test(text[reply.length]!);
}
