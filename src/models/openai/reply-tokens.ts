import { alignLabels, type LabelTokens, labelsAlign } from '../label-tokens.js';
import type { ServerToken, TokenReader } from './token-reader.js';

/** Where replies first differ, by a server's tokens. @throws RankforgeError `ambiguous-labels` */
export const alignReplies = (replies: readonly (readonly ServerToken[])[]): LabelTokens =>
  alignLabels(replies.map(idsOf), textsOf(replies));

/** Whether `alignReplies` would find a token for each reply. */
export const repliesAlign = (replies: readonly (readonly ServerToken[])[]): boolean =>
  labelsAlign(replies.map(idsOf), textsOf(replies));

/** Whether `[A] > [` has a token of its own for each letter: in some vocabularies `[A` is one token and `[O` two. */
export async function askBrackets(reader: TokenReader, signal?: AbortSignal): Promise<boolean> {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  return repliesAlign(await Promise.all(letters.map((letter) => reader.tokenize(`[${letter}] > [`, signal))));
}

const idsOf = (reply: readonly ServerToken[]): number[] => reply.map(({ id }) => id);

function textsOf(replies: readonly (readonly ServerToken[])[]): (token: number) => string {
  const texts = new Map(replies.flat().map(({ id, text }) => [id, text]));
  return (token) => texts.get(token)!;
}
