import { z } from 'zod';

/** A key that the schema does not know. */
export interface UnknownKey {
  readonly path: readonly PropertyKey[];
  /** The keys that could stand there. */
  readonly known: readonly string[];
}

/**
 * The first key of some values that a schema of strict objects does not know. A union alone would say no more than that nothing
 * in it fits: here the values tell which branch was meant.
 */
export function unknownKey(
  schema: unknown,
  value: unknown,
  path: readonly PropertyKey[] = [],
): UnknownKey | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const branches = branchesMeant(schema, value);
  const known = branches.flatMap(knownKeys);
  for (const [key, inner] of Object.entries(value)) {
    const step = Array.isArray(value) ? Number(key) : key;
    const isClosed = branches.length > 0 && branches.every(hasKnownKeys);
    if (isClosed && !known.includes(key)) return { path: [...path, step], known: [...new Set(known)] };
    for (const branch of branches) {
      const found = unknownKey(innerSchema(branch, key), inner, [...path, step]);
      if (found) return found;
    }
  }
  return undefined;
}

/** The schemas that a value may be of: of a union with a discriminator the named branch, or all where none is named. */
function branchesMeant(schema: unknown, value: object): unknown[] {
  const node = unwrap(schema);
  if (!(node instanceof z.ZodUnion)) return fits(node, value) ? [node] : [];
  const branches = node.options.flatMap((option) => branchesMeant(option, value));
  if (!(node instanceof z.ZodDiscriminatedUnion)) return branches;
  const { discriminator } = node.def;
  const named = branches.filter(
    (branch) =>
      branch instanceof z.ZodObject &&
      branch.shape[discriminator]?.safeParse(Reflect.get(value, discriminator)).success,
  );
  return named.length > 0 ? named : branches;
}

const fits = (node: unknown, value: object): boolean =>
  Array.isArray(value)
    ? node instanceof z.ZodArray
    : node instanceof z.ZodObject || node instanceof z.ZodRecord;

const hasKnownKeys = (node: unknown): boolean =>
  node instanceof z.ZodObject || (node instanceof z.ZodRecord && node.keyType instanceof z.ZodEnum);

function knownKeys(node: unknown): string[] {
  if (node instanceof z.ZodObject) return Object.keys(node.shape);
  if (node instanceof z.ZodRecord && node.keyType instanceof z.ZodEnum)
    return node.keyType.options.map(String);
  return [];
}

function innerSchema(node: unknown, key: string): unknown {
  if (node instanceof z.ZodObject) return node.shape[key];
  if (node instanceof z.ZodRecord) return node.valueType;
  return node instanceof z.ZodArray ? node.element : undefined;
}

function unwrap(schema: unknown): unknown {
  let node = schema;
  for (;;) {
    if (node instanceof z.ZodPipe) node = node.in;
    else if (node instanceof z.ZodDefault || node instanceof z.ZodPrefault || node instanceof z.ZodOptional)
      node = node.unwrap();
    else return node;
  }
}
