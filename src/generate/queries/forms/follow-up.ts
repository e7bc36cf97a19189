import type { QueryForm } from './form.js';

const before = 'asked before';
const inFull = 'the same in full';

/** What was asked before, the last question, and that question as one understands it alone. */
export const followUp: QueryForm = {
  maxTokens: 200,
  fields: (key) => ({ [before]: 'texts', [key]: 'text', [inFull]: 'text' }),
  read(values, key) {
    const [earlier, text, standalone] = [values[before], values[key], values[inFull]];
    if (typeof text !== 'string' || typeof standalone !== 'string')
      return Array.isArray(text) && text.length > 1 ? 'several-queries' : 'wrong-shape';
    const history = (typeof earlier === 'string' ? [earlier] : (earlier as string[])).filter(
      (turn) => turn.trim() !== '',
    );
    return history.length === 0 || history.length > 3 ? 'wrong-shape' : { text, history, standalone };
  },
};
