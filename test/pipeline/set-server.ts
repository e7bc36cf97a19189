import type { GenerateRequest, Message } from '../../src/models/language-model.js';
import {
  chatReply,
  type Script,
  type ScriptedServer,
  startScriptedServer,
} from '../fixtures/scripted-server.js';
import { block, goodLevels } from '../fixtures/writer-model.js';

interface ChatBody {
  readonly model: string;
  readonly messages: Message[];
  readonly response_format?: {
    readonly json_schema?: { readonly schema?: { readonly properties?: Record<string, unknown> } };
  };
}

const longWords = (text: string): string[] =>
  [...new Set(text.match(/\b[a-z]{6,}\b/g) ?? [])].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));

/** Two long words of a text, the longest last: what a query about it ends with, and a judge looks for. */
const termsOf = (text: string): string => longWords(text).slice(0, 2).reverse().join(' ');
const lastWord = (text: string): string => text.match(/[\p{L}\p{N}-]+/gu)?.at(-1) ?? '';

/** A query of each type about a passage. */
function queryOf(type: string, texts: readonly string[]): Record<string, unknown> {
  const passage = texts.at(-1)!;
  const terms = termsOf(passage);
  const shared = longWords(passage).find((word) => texts[0]!.includes(word)) ?? 'nothing';
  const key = `${type} search`;
  const bySort: Record<string, Record<string, unknown>> = {
    keyword: { [key]: terms },
    'how-to': { [key]: `how to get on with ${terms}` },
    claim: { [key]: `Everybody can rely on ${terms}.` },
    comparison: { [key]: `what is better, doing without or using ${terms}` },
    // A word of each passage before the one that they share: many pairs share the same.
    'multi-hop': {
      [key]: `what do ${longWords(texts[0]!)[0]} and ${longWords(passage)[0]} have to do with ${shared}`,
    },
    'follow-up': {
      'asked before': [`what is ${terms.split(' ')[0]}?`],
      [key]: `and why with ${terms.split(' ').at(-1)}?`,
      'the same in full': `why ${terms.split(' ')[0]} with ${terms.split(' ').at(-1)}?`,
    },
    unanswerable: { [key]: `who was the very first to dislike ${terms} in zanzibar${terms.length}` },
    instructed: { [key]: `more about ${terms}`, 'only passages that': `show the use of ${terms}` },
  };
  return bySort[type] ?? { [key]: `why would anyone ever need ${terms}?` };
}

const syllables = ['ba', 'ne', 'ti', 'ro', 'mu', 'ka', 'lo', 'se', 'di', 'fu'];
const plant = (n: number): string =>
  [n, Math.floor(n / 10), 7 * n + 3].map((at) => syllables[at % 10]).join('');

/** The nth topic that the server names, from 0, and what it asks about it. */
export const topicOf = (n: number): string => `how ${plant(2 * n)} grow near ${plant(2 * n + 1)}`;
export const topicQueries = (n: number): string[] =>
  ['question', 'keyword', 'how-to'].map((type) => String(Object.values(queryOf(type, [topicOf(n)]))[0]));

/** What a capable model would answer to each prompt that makes a set, by the shape that is asked for. */
function setReply(body: unknown): string {
  const { messages, response_format } = body as ChatBody;
  const request = { messages } as Pick<GenerateRequest, 'messages'>;
  const prompt = messages.at(-1)?.content ?? '';
  const keys = Object.keys(response_format?.json_schema?.schema?.properties ?? {});
  const type = keys.find((key) => key.endsWith(' search'))?.replace(/ search$/, '');
  if (type !== undefined && prompt.includes('<topic>')) {
    return JSON.stringify(queryOf(type, [block(request, 'topic')]));
  }
  if (type !== undefined) {
    const texts = prompt.split('<passage>\n').map((part) => part.split('\n</passage>')[0]!);
    return JSON.stringify(queryOf(type, texts.slice(type === 'multi-hop' ? -2 : -1)));
  }
  if (keys.includes('topics')) {
    // Of those that it is shown it names the last again, as models do.
    const known = prompt.match(/^- how .+$/gm)?.length ?? 0;
    return JSON.stringify({
      topics: Array.from({ length: 8 }, (_, n) => topicOf(Math.max(0, known - 1) + n)),
    });
  }
  if (keys.includes('full')) return JSON.stringify(goodLevels(block(request, 'query')));
  if (keys.includes('fact')) {
    const passage = block(request, 'passage');
    const fact = lastWord(block(request, 'query'));
    // Unlike for an edit without the fact: of two that are alike one is left out.
    const other = prompt.includes('left out') ? 'matter' : 'substitute';
    return JSON.stringify({ fact, passage: passage.replaceAll(fact, other) });
  }
  if (keys.includes('passages')) {
    const about = block(request, 'query').split(' ')[0]!;
    const passages = ['Many people', 'In some years', 'After all'].map(
      (begin) =>
        `${begin} one may ask for ${about}, and hear of it, but there is no end to what is left unsaid here.`,
    );
    return JSON.stringify({ passages });
  }
  if (keys.includes('passage')) {
    const [query] = block(request, 'query').split('\n');
    return JSON.stringify({
      passage: `It is well known to those who have to do with it: ${query}, as ever.`,
    });
  }
  if (prompt.includes('<query>')) {
    const [query] = block(request, 'query').split('\n');
    return block(request, 'passage').includes(lastWord(query!)) ? 'Yes' : 'No';
  }
  // The probe for enforced schemas asks for exactly this.
  return keys.length > 0 ? '{"probe":"ok"}' : 'ok';
}

/** A server that writes and judges whole training sets. */
export const startSetServer = (
  around: (reply: string, body: ChatBody) => ReturnType<Script> = (reply) => chatReply(reply),
): Promise<ScriptedServer> => startScriptedServer(({ body }) => around(setReply(body), body as ChatBody));

/** Calls that were paid for, model and all: without the probes of what the server can do. */
export const paidFor = (server: ScriptedServer): string[] =>
  server
    .chats()
    .map(({ body }) => JSON.stringify(body))
    .filter((call) => /<(?:passage|query|topic)>/.test(call));
