import { expect, test } from 'vitest';
import { z } from 'zod';
import { toGrammarSchema } from '../../../src/models/llama/grammar-schema.js';

test('a zod schema as grammar: ranges of integers are written out, what no grammar knows is left to the caller', () => {
  const schema = z.strictObject({
    queries: z
      .array(z.strictObject({ text: z.string().min(3), type: z.enum(['question', 'keywords']) }))
      .min(1)
      .max(3),
    grade: z.number().int().min(0).max(3),
    note: z.union([z.string().regex(/x/), z.null()]),
    score: z.number(),
    kind: z.literal('k'),
  });
  expect(toGrammarSchema(z.toJSONSchema(schema) as Record<string, unknown>)).toEqual({
    type: 'object',
    properties: {
      queries: {
        type: 'array',
        items: {
          type: 'object',
          properties: { text: { type: 'string', minLength: 3 }, type: { enum: ['question', 'keywords'] } },
        },
        minItems: 1,
        maxItems: 3,
      },
      grade: { enum: [0, 1, 2, 3] },
      note: { oneOf: [{ type: 'string' }, { type: 'null' }] },
      score: { type: 'number' },
      kind: { const: 'k' },
    },
  });
});

test('definitions are kept', () => {
  const schema = { $ref: '#/$defs/a', $defs: { a: { type: 'boolean' } } };
  expect(toGrammarSchema(schema)).toEqual(schema);
});

test.each([
  [{}],
  [{ type: 'function' }],
  [{ $ref: 'https://example.org/x' }],
  [{ type: 'array', items: true }],
])('%j has no grammar', (schema) => {
  expect(() => toGrammarSchema(schema)).toThrowError(expect.objectContaining({ code: 'unsupported' }));
});
