import { type ErrorDetails, RankforgeError } from '../core/errors.js';
import type { Warning } from '../core/warning.js';
import { beginsWithChain, bracketedNames, type Chain, rankingForms, withoutFrame } from './ranking-forms.js';

/** A reply read as a ranking. */
export interface ParsedRanking {
  /** Positions of all labels, best first: a permutation. */
  readonly order: readonly number[];
  /** What had to be put right: labels not named (appended in input order), named again, and names of no label. */
  readonly repairs: { readonly missing: number; readonly repeated: number; readonly outOfRange: number };
}

/** A model's reply that is no ranking, with what it cost. */
export class UnparsedRankingError extends RankforgeError {
  /** @param details what the call cost, and whether another reply may be asked for */
  constructor(
    message: string,
    readonly reply: string,
    { retryable = true, ...more }: Pick<ErrorDetails, 'usage' | 'retryable' | 'retried'> = {},
  ) {
    super('unparsed-ranking', message, {
      where: JSON.stringify(reply.length > 200 ? `${reply.slice(0, 200)}…` : reply),
      hint: (spell) =>
        `Use the comparator "first" or "likelihood", or a model that is tuned for ranking; ${spell('onFailure', 'keep')} keeps the input order instead.`,
      retryable,
      ...more,
    });
  }

  override with(more: Pick<ErrorDetails, 'usage' | 'retried'>): UnparsedRankingError {
    const { retryable, retried, usage } = this;
    return this.traced(
      new UnparsedRankingError(this.message, this.reply, { retryable, retried, usage, ...more }),
    );
  }
}

/**
 * Reads a written ranking. Only forms that are nothing else are read: a chain `[B] > [A]` anywhere; a chain `B > A` or a list
 * of bracketed labels that fills its line; a list or table numbered from 1, each with its label first; JSON; and labels or
 * numbers where the reply holds nothing else. Digits in prose are never a ranking. Numbers are positions from 1, and what
 * counts from 0 is no ranking.
 * @param labels as the prompt named the passages, with or without brackets
 * @throws UnparsedRankingError where no form, or fewer than half of the labels, are found
 */
export function parseRanking(reply: string, labels: readonly string[]): ParsedRanking {
  const names = labels.map((label) => label.replace(/^\[|\]$/g, ''));
  const text = withoutFrame(reply);
  if (text === '') throw new UnparsedRankingError('The reply is empty', reply);
  for (const form of rankingForms) {
    const best = bestChain(form(text, names), names);
    if (best) return best;
  }
  throw new UnparsedRankingError(`The reply is no ranking of ${labels.length} passages`, reply);
}

/**
 * Reads which one label a reply names: it holds no other bracketed label, or begins with a chain, whose first counts; a bare
 * label only where the reply says nothing else. Undefined where it is none of these.
 * @returns a position of the labels
 */
export function parseBestLabel(reply: string, labels: readonly string[]): number | undefined {
  const names = labels.map((label) => label.replace(/^\[|\]$/g, ''));
  const text = withoutFrame(reply);
  const named = bracketedNames(text);
  const bare = /^(?:(?:passage|label|answer|best)[:\s]{1,3})?[("']?([A-Za-z]|\d{1,3})[)"']?[.>]?$/i.exec(
    text,
  )?.[1];
  const candidates = beginsWithChain(text) ? named.slice(0, 1) : bare !== undefined ? [bare] : named;
  const [position = -1, ...others] = new Set(positionsOf(candidates, names));
  return position >= 0 && position < names.length && others.length === 0 ? position : undefined;
}

/** The warning that says what was put right in a reply, or none. */
export function repairWarnings({ repairs }: ParsedRanking, id: string): Warning[] {
  const parts = [
    repairs.missing > 0 ? `${repairs.missing} missing` : '',
    repairs.repeated > 0 ? `${repairs.repeated} repeated` : '',
    repairs.outOfRange > 0 ? `${repairs.outOfRange} out of range` : '',
  ].filter(Boolean);
  return parts.length === 0
    ? []
    : [{ code: 'repaired-ranking', message: `Labels of a written ranking: ${parts.join(', ')}`, id }];
}

/**
 * A reply as RankLLM's early releases read it: every number in order, repeats and those out of range dropped, the
 * missing ones appended. It reads any prose as a ranking, and is there to replay their recorded runs.
 */
export function parseDigits(reply: string, count: number): ParsedRanking {
  return complete(
    (reply.match(/\d+/g) ?? []).map((digits) => Number(digits) - 1),
    count,
  );
}

/** The chain that names the most labels; of equals the last, since an answer follows its reasons. */
function bestChain(chains: readonly Chain[], names: readonly string[]): ParsedRanking | undefined {
  let best: { named: number; ranking: ParsedRanking } | undefined;
  for (const chain of chains) {
    if (countsFromZero(chain, names)) continue;
    const ranking = complete(positionsOf(chain, names), names.length);
    const named = names.length - ranking.repairs.missing;
    if (named * 2 < names.length || ranking.repairs.outOfRange > named) continue;
    if (!best || named >= best.named) best = { named, ranking };
  }
  return best?.ranking;
}

/** Indexes from 0 would be read as the passages before the ones that were meant. */
const countsFromZero = (chain: Chain, names: readonly string[]): boolean =>
  chain.includes('0') && !names.includes('0') && !chain.includes(String(names.length));

/** Positions by label; where no label is among the names and they are numbers, by number. −1 is none. */
function positionsOf(chain: Chain, names: readonly string[]): number[] {
  const byLabel = chain.map((name) => {
    const exact = names.indexOf(name);
    return exact >= 0 ? exact : names.indexOf(name.toUpperCase());
  });
  if (byLabel.some((position) => position >= 0) || !chain.every((name) => /^\d+$/.test(name))) return byLabel;
  return chain.map((name) => Number(name) - 1);
}

function complete(positions: readonly number[], count: number): ParsedRanking {
  const seen = new Set<number>();
  let [repeated, outOfRange] = [0, 0];
  for (const position of positions) {
    if (!(position >= 0 && position < count)) outOfRange++;
    else if (seen.has(position)) repeated++;
    else seen.add(position);
  }
  const missing = count - seen.size;
  for (let position = 0; position < count; position++) seen.add(position);
  return { order: [...seen], repairs: { missing, repeated, outOfRange } };
}
