import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadPrompt } from '../../../src/prompts/template.js';
import { parseTerms } from '../../../src/rerank/expand/parse-terms.js';

test.each([
  [
    'the reply that the prompt names',
    loadPrompt('rewrite/keywords').reply,
    ['flea life span', 'flea life cycle', 'adult fleas', 'days', 'host'],
  ],
  ['lines with bullets', '- flea\n* life cycle\n• host', ['flea', 'life cycle', 'host']],
  ['numbered lines', '1. flea\n2) life cycle', ['flea', 'life cycle']],
  ['an introduction', 'Here are some keywords: flea, life cycle', ['flea', 'life cycle']],
  ['an introduction of its own line', 'Keywords:\nflea\nhost', ['flea', 'host']],
  ['JSON', '["flea", "life cycle", 3]', ['flea', 'life cycle']],
  ['JSON in a fence', '```json\n["flea"]\n```', ['flea']],
  ['quotes and stars', '"flea", **life cycle**, ‘host’.', ['flea', 'life cycle', 'host']],
  ['a term twice', 'Flea, flea, FLEA, host', ['Flea', 'host']],
  ['a sentence', 'flea, this is a list of words that help the search engine, host', ['flea', 'host']],
  ['semicolons and a year with a colon-free number', 'flea; 1990s; 3 weeks', ['flea', '1990s', '3 weeks']],
  ['a refusal', "I'm sorry, but I cannot help, flea", []],
  ['nothing', '', []],
  ['only signs', ', , \n-', []],
])('%s', (_, reply, terms) => {
  expect(parseTerms(reply)).toEqual(terms);
});

test('any reply: at most 20 terms of one line, each at most six words, none twice', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (reply) => {
      const terms = parseTerms(reply);
      expect(terms.length).toBeLessThanOrEqual(20);
      for (const term of terms) {
        expect(term).not.toMatch(/[\n\u0000]/);
        expect(term.split(' ').length).toBeLessThanOrEqual(6);
      }
      expect(new Set(terms.map((term) => term.toLowerCase())).size).toBe(terms.length);
    }),
  );
});

test.each(["'", '. ', ' ', ':', '"', '* '])('a long run of %j takes no long time', (filling) => {
  const began = performance.now();
  parseTerms(`fleas${filling.repeat(60_000 / filling.length)}x`);
  expect(performance.now() - began).toBeLessThan(500);
});
