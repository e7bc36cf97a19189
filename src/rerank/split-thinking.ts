/** A reply in two parts. */
export interface SplitReply {
  /** What was written on the way, where there is any. */
  readonly thinking?: string;
  /** What is to be read; empty where the reply ended before it. */
  readonly answer: string;
}

const closing = /<\/(?:think|thinking|thought|reasoning)>/gi;
const opening = /<(?:think|thinking|thought|reasoning)>/i;
const answerTag = /<answer>([\s\S]*?)(?:<\/answer>|$)/gi;
// `Ranking:`, `**Final ranking:**`, `### Answer:` at the beginning of a line.
const heading = /^[ \t#*]*(?:final |my )?(?:ranking|answer|order)\b[\s*]*:/gim;

/**
 * Takes a reply's thinking apart from its answer. The answer follows the last closing tag (chat templates often write the
 * opening one); without tags it stands in the last `<answer>`, or after the last line that begins with `Ranking:` or the like. A
 * reply that has none of these is all answer, and one that opens its thinking and never closes it has none.
 */
export function splitThinking(reply: string): SplitReply {
  const closed = [...reply.matchAll(closing)].at(-1);
  if (closed) {
    const rest = reply.slice(closed.index + closed[0].length);
    return { thinking: withoutTags(reply.slice(0, closed.index)), answer: answerOf(rest) ?? rest.trim() };
  }
  if (opening.test(reply)) return { thinking: withoutTags(reply), answer: '' };
  const at = [...reply.matchAll(answerTag)].at(-1)?.index ?? [...reply.matchAll(heading)].at(-1)?.index;
  if (at === undefined) return { answer: reply };
  const thinking = reply.slice(0, at).trim();
  const rest = reply.slice(at);
  return { thinking: thinking || undefined, answer: answerOf(rest) ?? rest.trim() };
}

const answerOf = (text: string): string | undefined => [...text.matchAll(answerTag)].at(-1)?.[1]?.trim();

const withoutTags = (text: string): string | undefined =>
  text.replaceAll(closing, '').replace(new RegExp(opening, 'gi'), '').trim() || undefined;
