import type { QueryForm } from './form.js';

/** One query, under the name of its type: that keeps a small model to it. */
export const single: QueryForm = {
  maxTokens: 80,
  fields: (key) => ({ [key]: 'text' }),
  read: (values, key) => readText(values[key]) ?? 'wrong-shape',
};

/** A text as a draft; of a list, that it is several. */
function readText(value: unknown) {
  if (typeof value === 'string') return { text: value };
  return Array.isArray(value) && value.length > 1 ? ('several-queries' as const) : undefined;
}
