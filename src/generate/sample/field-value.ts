import type { Passage } from '../../core/passage.js';

/**
 * The value of a metadata field as text: of a list its first. `a.b` is the key of that name, or else `b` inside of `a`.
 * Undefined for none, an empty text, an object.
 */
export function fieldValue(metadata: Passage['metadata'], field: string): string | undefined {
  let value: unknown = own(metadata, field);
  if (value === undefined) {
    value = metadata;
    for (const key of field.split('.')) value = own(value, key);
  }
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof first === 'number' || typeof first === 'boolean') return String(first);
  return typeof first === 'string' && first !== '' ? first : undefined;
}

/** Own keys alone: a field named `constructor` is in no metadata. */
function own(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
