import { hash } from 'node:crypto';

/** Hex SHA-256 of a text or of bytes. */
export const sha256 = (data: string | Uint8Array): string => hash('sha256', data, 'hex');

/** JSON with sorted keys and no undefined, so that equal values have equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}

/** Hex SHA-256 of a value's canonical JSON. */
export const hashValue = (value: unknown): string => sha256(canonicalJson(value));
