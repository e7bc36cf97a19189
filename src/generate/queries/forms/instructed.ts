import type { QueryForm } from './form.js';

const condition = 'only passages that';

/** A query, and the condition that its instruction and the reverse of it are made from. */
export const instructed: QueryForm = {
  maxTokens: 120,
  fields: (key) => ({ [key]: 'text', [condition]: 'text' }),
  read(values, key) {
    const [text, one] = [values[key], values[condition]];
    if (Array.isArray(text) && text.length > 1) return 'several-queries';
    if (typeof text !== 'string' || typeof one !== 'string') return 'wrong-shape';
    // The model may repeat what the field's name has said.
    const bare = one
      .trim()
      .replace(/^(?:only )?(?:the )?(?:passages?|documents?|texts?) (?:that|which|who) /i, '');
    return { text, condition: bare.replace(/\s*[.!]+$/, '') };
  },
};
