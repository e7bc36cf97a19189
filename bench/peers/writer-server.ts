/**
 * A server in a process of its own that does all the calls of a training set as a capable model would: it asks for a passage by the
 * words that set it apart, writes passages of four levels, and says Yes where a passage holds most words of a query.
 */
import { serveReplies } from './serve-replies.js';

interface ChatBody {
  readonly messages: readonly { readonly content: string }[];
  readonly response_format?: {
    readonly json_schema?: { readonly schema?: { readonly properties?: Record<string, unknown> } };
  };
}

const words = (text: string): string[] => text.toLowerCase().match(/\p{L}[\p{L}\p{N}-]{3,}/gu) ?? [];
const block = (prompt: string, name: string): string =>
  prompt.split(`<${name}>\n`).at(-1)!.split(`\n</${name}>`)[0]!;

/** The longest words are the rarest, near enough; in the order of the alphabet, so that nothing is copied. */
const terms = (passage: string): string[] =>
  [...new Set(words(passage))]
    .toSorted((a, b) => b.length - a.length || a.localeCompare(b))
    .slice(0, 5)
    .toSorted();

/** Words that a prompt asks for at a level. */
const askedLength = (prompt: string, level: string): number =>
  Number(new RegExp(`"${level}", about (\\d+) words`).exec(prompt)?.[1] ?? 40);

const filler = 'and those who were there wrote it down for others to read in the years that came after'.split(
  ' ',
);

function fillTo(begin: string, length: number): string {
  const text = begin.split(' ');
  while (text.length < length) text.push(filler[text.length % filler.length]!);
  return `${text.join(' ')}.`;
}

const queries: Readonly<Record<string, (terms: string) => string>> = {
  question: (terms) => `what is known about ${terms}?`,
  keyword: (terms) => terms,
  claim: (terms) => `There is a link between ${terms}.`,
  'how-to': (terms) => `how to measure ${terms}`,
};

function replyTo({ messages, response_format }: ChatBody): string {
  const prompt = messages.at(-1)!.content;
  const fields = Object.keys(response_format?.json_schema?.schema?.properties ?? {});
  const query = block(prompt, 'query');
  if (fields.includes('full')) {
    const [first = 'it', ...rest] = words(query);
    const begin: Readonly<Record<string, string>> = {
      full: `Reports agree on ${rest.join(' and ')} with ${first}`,
      partial: `Of ${first} a few trials are known`,
      related: `Many laboratories have ${first} on their list`,
      unrelated: 'Sourdough bread needs a starter of flour and water',
    };
    const levels = fields.map((level) => [level, fillTo(begin[level] ?? '', askedLength(prompt, level))]);
    return JSON.stringify(Object.fromEntries(levels));
  }
  const key = fields.find((field) => field.endsWith(' search'));
  if (key) {
    const write = queries[key.replace(/ search$/, '')] ?? queries.question!;
    return JSON.stringify({ [key]: write(terms(block(prompt, 'passage')).join(' ')) });
  }
  if (fields.length > 0) return '{"probe":"ok"}';
  const asked = words(query);
  const held = new Set(words(block(prompt, 'passage')));
  return asked.filter((word) => held.has(word)).length >= 0.6 * asked.length ? 'Yes' : 'No';
}

serveReplies((body) => replyTo(JSON.parse(body)));
