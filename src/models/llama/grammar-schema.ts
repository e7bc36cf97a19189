import type { GbnfJsonSchema } from 'node-llama-cpp';
import { RankforgeError } from '../../core/errors.js';
import type { JsonSchema } from '../language-model.js';

/** Integers of a range this small are written out, since the grammar knows no bounds. */
const widestRange = 256;

/**
 * A JSON schema as the grammar generator takes it: what a grammar cannot enforce (patterns, number ranges, optional
 * properties) is left to the caller's own check; every property is written.
 * @throws RankforgeError `unsupported` for what has no grammar at all
 */
export function toGrammarSchema(schema: JsonSchema): GbnfJsonSchema {
  return convert(schema) as GbnfJsonSchema;
}

type Plain = Record<string, unknown>;

function convert(schema: unknown): Plain {
  if (schema === null || typeof schema !== 'object' || Array.isArray(schema)) throw unsupported(schema);
  const given = schema as Plain;
  const defs = given.$defs ? { $defs: mapValues(given.$defs as Plain, convert) } : {};
  if (typeof given.$ref === 'string') {
    if (!given.$ref.startsWith('#/$defs/')) throw unsupported(given);
    return { $ref: given.$ref, ...defs };
  }
  const choices = given.anyOf ?? given.oneOf;
  if (Array.isArray(choices)) return { oneOf: choices.map(convert), ...defs };
  if ('const' in given) return { const: given.const };
  if (Array.isArray(given.enum)) return { enum: given.enum };
  if (Array.isArray(given.type))
    return { oneOf: given.type.map((type) => convert({ ...given, type })), ...defs };
  switch (given.type) {
    case 'object':
      return {
        type: 'object',
        properties: mapValues((given.properties ?? {}) as Plain, convert),
        ...(typeof given.additionalProperties === 'object'
          ? { additionalProperties: convert(given.additionalProperties) }
          : {}),
        ...defs,
      };
    case 'array':
      return {
        type: 'array',
        ...(given.items ? { items: convert(given.items) } : {}),
        ...pick(given, ['minItems', 'maxItems']),
        ...defs,
      };
    case 'string':
      return { type: 'string', ...pick(given, ['minLength', 'maxLength']) };
    case 'integer': {
      const range = integerRange(given);
      return range ? { enum: range } : { type: 'integer' };
    }
    case 'number':
    case 'boolean':
    case 'null':
      return { type: given.type };
    default:
      throw unsupported(given);
  }
}

function integerRange(schema: Plain): number[] | undefined {
  const low =
    schema.minimum ?? (typeof schema.exclusiveMinimum === 'number' ? schema.exclusiveMinimum + 1 : undefined);
  const high =
    schema.maximum ?? (typeof schema.exclusiveMaximum === 'number' ? schema.exclusiveMaximum - 1 : undefined);
  if (typeof low !== 'number' || typeof high !== 'number') return undefined;
  const first = Math.ceil(low);
  const count = Math.floor(high) - first + 1;
  return count >= 1 && count <= widestRange
    ? Array.from({ length: count }, (_, index) => first + index)
    : undefined;
}

const pick = (object: Plain, names: readonly string[]): Plain =>
  Object.fromEntries(
    names.filter((name) => typeof object[name] === 'number').map((name) => [name, object[name]]),
  );

const mapValues = (object: Plain, change: (value: unknown) => Plain): Plain =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));

const unsupported = (schema: unknown): RankforgeError =>
  new RankforgeError(
    'unsupported',
    `No grammar can be made of this JSON schema: ${JSON.stringify(schema)?.slice(0, 200)}`,
    {
      hint: 'Use objects, arrays, strings, numbers, booleans, enums, constants and anyOf.',
    },
  );
