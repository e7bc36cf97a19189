/** A ranking prompt taken apart again. */
interface LabelledList {
  readonly query: string;
  /** By label, without brackets. */
  readonly passages: ReadonlyMap<string, string>;
}

const labelledLine = /^\[([A-Za-z]{1,2}|\d{1,3})\][ \t]*(.*)$/;
const queryLine = /^(?:search )?query:[ \t]*(.+)$/i;

/**
 * Reads a prompt that shows each passage as a line that begins with its label in brackets, and the query on a line that begins
 * with `Search query:`. Lines below a passage that are no label belong to it, up to an empty line.
 * @returns undefined where there is no query, or fewer than two passages
 */
export function parseLabelledList(prompt: string): LabelledList | undefined {
  const passages = new Map<string, string>();
  let query: string | undefined;
  let open: string | undefined;
  for (const line of prompt.split('\n')) {
    const asked = queryLine.exec(line)?.[1]?.trim();
    const [, label, text] = labelledLine.exec(line) ?? [];
    if (asked !== undefined) {
      query ??= asked;
      open = undefined;
    } else if (label !== undefined && !passages.has(label)) {
      passages.set(label, text!.trim());
      open = label;
    } else if (line.trim() === '') open = undefined;
    else if (open !== undefined) passages.set(open, `${passages.get(open)} ${line.trim()}`.trim());
  }
  return query === undefined || passages.size < 2 ? undefined : { query, passages };
}

/**
 * The labels of a chain such as `[B] > [A]`, each once. Undefined where it names a label that is not known, or fewer than two.
 */
export function parseChain(reply: string, known: ReadonlyMap<string, string>): string[] | undefined {
  const labels = [...reply.matchAll(/\[([A-Za-z0-9]{1,3})\]/g)].map(([, label]) => label!);
  const chain = [...new Set(labels)];
  return chain.length >= 2 && chain.every((label) => known.has(label)) ? chain : undefined;
}
