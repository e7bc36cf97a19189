import { normalise } from '../core/normalise.js';

/** Labels in the order they were written, without brackets. */
export type Chain = readonly string[];

const kind = '(?:passage|document|doc|text|id)s?';
const bare = '[A-Za-z0-9]{1,4}';
const item = String.raw`\[\s*(?:${kind}\s*)?#?${bare}\s*\]`;
// A tie may be written within a chain, where it keeps the order written.
const arrow = String.raw`\s*(?:[>»›≻≥→]+=?|[-=]+>|=)\s*`;
const between = String.raw`(?:${arrow}|\s*[,;]\s*)`;
// `Ranking:`, `Here is the ranking:`, and no `Error:`.
const lead = String.raw`(?:(?![^:]*(?:err|message|detail))[A-Za-z' ]{0,40}:)?\s*`;

const bracketedChain = new RegExp(`(?:${kind}\\s*)?${item}(?:${between}(?:${kind}\\s*)?${item})+`, 'gi');
const strongArrow = /[>»›≻≥→]/;
// The rest left open: what the prompt's example looks like.
const dots = /^\s*(?:[>,]\s*)?(?:…|\.\.)/;
const bareItem = `(?:${kind}\\s+)?#?${bare}`;
const bareChain = new RegExp(`^${lead}(${bareItem}(?:${arrow}${bareItem})+)(?:\\s*>)?\\s*\\.?$`, 'i');
const bracketedLine = new RegExp(`^${lead}(${item}(?:[\\s,;|/]*${item})+)\\s*[.,;]?$`, 'i');

/** A reply without thinking, tags around the answer, code fences and bold; signs of other alphabets as their plain ones. */
export function withoutFrame(reply: string): string {
  const answer = reply.includes('</think>') ? reply.slice(reply.lastIndexOf('</think>') + 8) : reply;
  if (/^\s*<think>/.test(answer)) return '';
  return normalise(answer)
    .replace(/[\u200b-\u200f\u2060\ufeff]/g, '')
    .replace(/[【〔]/g, '[')
    .replace(/[】〕]/g, ']')
    .replaceAll('&gt;', '>')
    .replace(/<\/?answer>/gi, '')
    .replace(/^[ \t]*```[a-z]*[ \t]*$/gim, '')
    .replace(/\*\*|__/g, '')
    .replace(/^`|`$/g, '')
    .trim();
}

const namesOf = (chain: string): string[] =>
  chain.replace(new RegExp(`\\b${kind}\\b`, 'gi'), '').match(/[A-Za-z0-9]+/g) ?? [];

/** All labels in brackets, wherever they stand. */
export const bracketedNames = (text: string): string[] =>
  (text.match(new RegExp(item, 'gi')) ?? []).flatMap(namesOf);

export const beginsWithChain = (text: string): boolean =>
  new RegExp(`^${item}(?:${arrow}${item})+`, 'i').test(text);

/** `[B] > [A]` anywhere. Commas alone are a list in prose, unless they fill a line. */
const bracketedChains = (text: string): Chain[] =>
  [...text.matchAll(bracketedChain)].flatMap(({ 0: chain, index }) =>
    strongArrow.test(chain) && !dots.test(text.slice(index + chain.length)) ? [namesOf(chain)] : [],
  );

const filledLines = (text: string, pattern: RegExp): Chain[] =>
  text.split('\n').flatMap((line) => {
    const chain = pattern.exec(line.trim())?.[1];
    return chain === undefined ? [] : [namesOf(chain)];
  });

const aloneOnLine = new RegExp(`^(?:(?:\\d{1,3}[.):]|[-*•])\\s*)?((?:${kind}\\s*)?${item})[.,;]?$`, 'i');

/** One bracketed label a line, numbered or not. Every line of the block has to be one. */
function labelLines(text: string): Chain[] {
  const chains: Chain[] = [];
  let lines: string[] = [];
  for (const line of [...text.split('\n').filter((one) => one.trim() !== ''), '']) {
    const label = aloneOnLine.exec(line.trim())?.[1];
    if (label !== undefined) lines.push(...namesOf(label));
    else if (lines.length > 0) {
      chains.push(lines);
      lines = [];
    }
  }
  return chains;
}

// `2. [B]: why`, `2) Passage B - why`, `2. B`, `| 2 | [B] | why |`
const numberedForms = [
  new RegExp(`^(\\d{1,3})[.):]\\s*((?:${kind}\\s*)?${item})\\s*(?:$|[-–—:(,.;].*$)`, 'i'),
  new RegExp(`^(\\d{1,3})[.):]\\s*(${kind}\\s+${bare})\\s*(?:$|[-–—:(,.;].*$)`, 'i'),
  new RegExp(`^(\\d{1,3})[.):]\\s*(${bare})[.,;]?$`),
  new RegExp(`^\\|?\\s*(\\d{1,3})\\s*\\|\\s*((?:${kind}\\s*)?(?:${item}|${bare}))\\s*(?:\\|.*)?$`, 'i'),
];

/** A list or a table whose lines are numbered from 1, each with its label first; lines between them may explain. */
function numberedLists(text: string): Chain[] {
  const lines = text.split('\n').map((line) => line.trim());
  return numberedForms.map((form) => {
    const names: string[] = [];
    for (const line of lines) {
      const [, rank, label] = form.exec(line) ?? [];
      if (rank !== undefined && Number(rank) === names.length + 1) names.push(...namesOf(label!).slice(0, 1));
    }
    return names;
  });
}

/** A JSON list, or an object with one list and nothing that says it is an error. */
function jsonLists(text: string): Chain[] {
  const lines = text.split('\n').map((line) => line.trim());
  const first = lines.findIndex((line) => /^[[{]/.test(line));
  const last = lines.findLastIndex((line) => line.endsWith(']') || line.endsWith('}'));
  for (const candidate of [text, lines.slice(Math.max(0, first), last + 1).join('\n')]) {
    const names = listIn(parseJson(candidate));
    if (names) return [names];
  }
  return [];
}

function listIn(value: unknown): string[] | undefined {
  let list = value;
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    const entries = Object.entries(value);
    const lists = entries.filter(([, one]) => Array.isArray(one));
    if (lists.length !== 1 || entries.some(([key]) => /err|message|detail/i.test(key))) return undefined;
    list = lists[0]![1];
  }
  if (!Array.isArray(list)) return undefined;
  const names = list.map((one: unknown) =>
    typeof one === 'string' || Number.isInteger(one)
      ? String(one)
          .trim()
          .replace(/^\[|\]$/g, '')
      : undefined,
  );
  return names.includes(undefined) ? undefined : (names as string[]);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// `id` and `text` could be labels too: names of that length are taken for labels here, since what can be read in two ways
// doubles the ways to read the whole with every word.
const longKind = `(?:passages?|documents?|texts)(?=\\s+#?${bare}(?![A-Za-z0-9]))`;
const word = `(?:${longKind}|#?${bare})`;
const plain = new RegExp(`^${lead}${word}(?:[\\s,;|/]+${word})*[\\s,;.]*$`, 'i');

/** Labels and nothing else, in quotes or not, in one pair of brackets or none. */
function plainList(text: string): Chain[] {
  const inner = /^(?:\[([^[\]]*)\]|\(([^()]*)\)|\{([^{}]*)\})$/.exec(text);
  const list = (inner?.slice(1).find((one) => one !== undefined) ?? text).replace(/["'`]/g, ' ').trim();
  return plain.test(list) ? [namesOf(list.replace(new RegExp(`^${lead}`, 'i'), ''))] : [];
}

/** Where brackets are missing, words that are no labels say that it is prose. */
const onlyLabels = (chains: readonly Chain[], labels: readonly string[]): Chain[] => {
  const longest = Math.max(...labels.map((label) => label.length));
  return chains.filter((chain) =>
    chain.every((name) => /^\d+$/.test(name) || (/^[a-z]+$/i.test(name) && name.length <= longest)),
  );
};

/** What a written ranking may look like, surest first. Each reads the whole reply. */
export const rankingForms: readonly ((text: string, labels: readonly string[]) => readonly Chain[])[] = [
  (text, labels) => [
    ...onlyLabels(numberedLists(text), labels),
    ...labelLines(text),
    ...filledLines(text, bracketedLine),
    ...bracketedChains(text),
  ],
  (text, labels) => onlyLabels(filledLines(text, bareChain), labels),
  jsonLists,
  (text, labels) => onlyLabels(plainList(text), labels),
];
