import { z } from 'zod';
import type { JsonSchema } from '../../../models/language-model.js';

/** What a reply came to, before it is checked. */
export interface Draft {
  /** The query as it is asked. */
  readonly text: string;
  /** What was asked before it, oldest first. */
  readonly history?: readonly string[];
  /** The query as one understands it without what was asked before. */
  readonly standalone?: string;
  /** What a passage must do to count, after "passages that". */
  readonly condition?: string;
}

/** Why a reply of the right shape gives no draft. */
type DraftFault = 'several-queries' | 'wrong-shape';

/** The fields that a reply has, and how a draft is read from them. */
export interface QueryForm {
  /** Most tokens that a reply may take. */
  readonly maxTokens: number;
  /** By name, in the order in which they are written; `texts` is one to three. */
  readonly fields: (key: string) => Readonly<Record<string, 'text' | 'texts'>>;
  readonly read: (values: Readonly<Record<string, unknown>>, key: string) => Draft | DraftFault;
}

/** The schema that a model is held to by grammar, where it can. */
export function formSchema(form: QueryForm, key: string): JsonSchema {
  const fields = form.fields(key);
  const text = { type: 'string' };
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(fields).map(([name, field]) => [
        name,
        field === 'text' ? text : { type: 'array', items: text, minItems: 1, maxItems: 3 },
      ]),
    ),
    required: Object.keys(fields),
    additionalProperties: false,
  };
}

const shapes = new WeakMap<QueryForm, Map<string, z.ZodType<Record<string, unknown>>>>();

/**
 * What a reply is checked against: wider than the schema where that tells more. A list in place of a text is read, so that
 * five queries are counted as five; fields of other names, as a model writes that goes on with the examples, are passed over.
 */
export function formShape(form: QueryForm, key: string): z.ZodType<Record<string, unknown>> {
  // Made once each: it takes longer than reading a reply does.
  const made = shapes.get(form) ?? new Map();
  shapes.set(form, made);
  const shape = made.get(key) ?? makeShape(form, key);
  made.set(key, shape);
  return shape;
}

const makeShape = (form: QueryForm, key: string) =>
  z.object(
    Object.fromEntries(
      Object.keys(form.fields(key)).map((name) => [name, z.union([z.string(), z.array(z.string())])]),
    ),
  );
