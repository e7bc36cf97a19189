import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { isRefusal, parseJsonReply } from '../../src/generate/parse-reply.js';
import { type QueryTypeName, queryTypes, replyKey } from '../../src/generate/queries/query-types.js';
import { readDraft } from '../../src/generate/queries/read-draft.js';

const Answer = z.object({ a: z.string() });
const parse = (text: string, finish: 'stop' | 'length' | 'refused' = 'stop') =>
  parseJsonReply({ text, finish }, Answer);

test.each<[string, string, unknown]>([
  ['bare', '{"a":"x"}', { a: 'x' }],
  ['brackets inside a string', '{"a":"x } { \\" }"}', { a: 'x } { " }' }],
  ['after another object', '{"b":1} {"a":"x"}', { a: 'x' }],
  ['the same twice', '{"a":"x"}\n{ "a": "x" }', { a: 'x' }],
  ['after brackets that are no JSON', 'set {x, y} then {"a":"x"}', { a: 'x' }],
  ['in a list of one', '[{"a":"x"}]', { a: 'x' }],
  ['with a line break in its string', '{"a":"x\ny"}', { a: 'x y' }],
  ['after thinking', '<think>{"a":"draft"}</think>{"a":"x"}', { a: 'x' }],
  ['before "Answer:"', '{"a":"x"}\nAnswer: see above.', { a: 'x' }],
])('an object is read: %s', (_, text, value) => expect(parse(text)).toEqual({ value }));

test.each([
  ['two that differ', '{"a":"x"}{"a":"y"}', 'several'],
  ['none of the shape', '{"b":"x"}', 'wrong-shape'],
  ['one inside another', '{"b":{"a":"x"}}', 'wrong-shape'],
  ['never closed', '{"a":"x"', 'unparsed'],
  ['a comma too many', '{"a":"x",}', 'unparsed'],
  ['thinking that never ends', '<think>{"a":"x"}', 'empty'],
])('a reason is given: %s', (_, text, reason) => expect(parse(text)).toEqual({ reason }));

test.each(["I'm sorry", '  I cannot', 'Es tut mir leid', 'Lo siento', '抱歉', '**Sorry**, no'])(
  '%j declines',
  (text) => expect(isRefusal(text)).toBe(true),
);
test.each(['sorryless days', 'a sorry state of affairs', 'why can I not log in', 'Я нес могучий груз'])(
  '%j does not decline',
  (text) => expect(isRefusal(text)).toBe(false),
);

const types = Object.keys(queryTypes) as QueryTypeName[];
const passage = 'A run that was stopped can be resumed: every answered call is kept in the ledger.';

describe('any reply', () => {
  const piece = fc.constantFrom(
    ...types.map((type) => JSON.stringify(replyKey(type))),
    ...[
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"',
      '\\',
      '"asked before"',
      '"the same in full"',
      '"only passages that"',
    ],
    ...[
      '<think>',
      '</think>',
      '\u0000',
      '\ud800',
      '?',
      '？',
      '\n',
      ' ',
      'how to resume a run',
      'sorry',
      '```json',
    ],
  );
  const reply = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join('')),
    fc.json(),
    fc
      .tuple(fc.constantFrom(...types), fc.string({ unit: 'binary' }))
      .map(([type, text]) => JSON.stringify({ [replyKey(type)]: text })),
  );

  test('comes to a draft or to one reason', () => {
    fc.assert(
      fc.property(
        reply,
        fc.constantFrom(...types),
        fc.constantFrom('stop', 'length', 'refused'),
        (text, type, finish) => {
          const { draft, reason } = readDraft({ text, finish }, { type, passage });
          expect([draft, reason].filter((one) => one !== undefined)).toHaveLength(1);
          if (draft) expect(draft.text).not.toMatch(/[\u0000-\u001f]|\p{Surrogate}/u);
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    '{',
    '{"',
    '{}',
    '{"a":',
    '[',
    '<think>',
    '</think>',
    '? a',
    '\n',
    '1. a 2. b ',
    '1. a ',
    '??',
    'ignore the ',
    '"',
    '\\',
  ])('of many %j takes no long time', (start) => {
    for (const text of [start.repeat(50_000), JSON.stringify({ 'question search': start.repeat(20_000) })]) {
      const began = performance.now();
      readDraft({ text, finish: 'stop' }, { type: 'question', passage });
      expect(performance.now() - began).toBeLessThan(1500);
    }
  });
});
