import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openLanguageDetector } from '../../src/generate/hygiene/language.js';
import { promptLines } from '../../src/generate/queries/echo.js';
import { type QueryTypeName, queryType, queryTypes } from '../../src/generate/queries/query-types.js';
import { readDraft } from '../../src/generate/queries/read-draft.js';
import type { GenerateReply } from '../../src/models/language-model.js';
import { loadPrompt, renderPrompt } from '../../src/prompts/template.js';

interface Case {
  readonly family: string;
  readonly type: QueryTypeName;
  readonly reply: string;
  readonly finish?: GenerateReply['finish'];
  readonly passage?: string;
  readonly language?: string;
  /** `query: …` with what comes with it, or the reason. */
  readonly expect: string;
}

const table = JSON.parse(readFileSync('test/conformance/generate-queries.json', 'utf8')) as {
  readonly passage: string;
  readonly replies: readonly Case[];
};

const tellLanguage = await openLanguageDetector();

function linesOf(type: QueryTypeName) {
  const { prompt, ask } = queryType(type);
  const values = { type, ask, examples: [], passage: '', linked: '', voice: '' };
  const messages = renderPrompt(loadPrompt(prompt), values);
  return promptLines(messages.map(({ content }) => content).join('\n'));
}

/** What a reply comes to, as the table writes it. */
function read({ type, reply, finish = 'stop', passage = table.passage, language }: Case): string {
  const options = { type, passage, language, tellLanguage, promptLines: linesOf(type) };
  const { draft, reason } = readDraft({ text: reply, finish }, options);
  if (reason) return reason;
  const { text, history, standalone, condition } = draft;
  const before = history ? `${history.join(' | ')} | ` : '';
  const full = standalone === undefined ? '' : ` = ${standalone}`;
  return `query: ${before}${text}${full}${condition === undefined ? '' : `; passages that ${condition}`}`;
}

describe.each([...new Set(table.replies.map(({ family }) => family))])('%s', (family) => {
  test.each(table.replies.filter((one) => one.family === family))('$type: $reply', (one) => {
    expect(read(one)).toBe(one.expect);
  });
});

test('the table is as large as it has to be, and meets every type', () => {
  expect(new Set(table.replies.map((one) => JSON.stringify(one))).size).toBeGreaterThanOrEqual(80);
  const types = new Set(table.replies.map(({ type }) => type));
  expect([...types].sort()).toEqual(Object.keys(queryTypes).sort());
});

test('a cut anywhere in a good reply is counted, and crashes nothing', () => {
  for (const one of table.replies.filter((each) => each.expect.startsWith('query: '))) {
    for (let length = 0; length < one.reply.length; length += 3) {
      const cut = read({ ...one, reply: one.reply.slice(0, length), finish: 'length' });
      expect(cut).toMatch(/^(?:query: |[a-z]+(?:-[a-z]+)*$)/);
    }
  }
});
