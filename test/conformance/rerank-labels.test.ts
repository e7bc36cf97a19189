import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { alignLabels, labelsAlign, spellLabels } from '../../src/models/label-tokens.js';
import type { Message } from '../../src/models/language-model.js';
import { chooseLabels, labelReplies } from '../../src/rerank/labels.js';

interface Vocabulary {
  /** What llama.cpp made of these texts, with the published weights' own tokenizer. */
  readonly tokens: Readonly<Record<string, readonly number[]>>;
  readonly texts: Readonly<Record<string, string>>;
}

const vocabularies = JSON.parse(readFileSync('test/conformance/rerank-labels.json', 'utf8')) as Record<
  string,
  Vocabulary
>;

describe.each(Object.entries(vocabularies))('%s', (name, { tokens, texts }) => {
  const tokenise = (text: string): readonly number[] => {
    const found = tokens[text];
    if (!found) throw new Error(`"${text}" was not recorded`);
    return found;
  };
  const textOf = (token: number) => texts[token]!;
  const model = {
    countTokens: (input: string | readonly Message[]) => tokenise(input as string).length,
    tellsApart: (replies: readonly string[]) => labelsAlign(replies.map(tokenise), textOf),
  };

  test('labels for as many passages as a window holds', () => {
    const styles = [2, 20, 26, 27, 100].map((count) => chooseLabels(count, model)?.style);
    expect(styles).toEqual(
      name === 'smollm2'
        ? ['bracketed-letters', 'bracketed-letters', 'bracketed-letters', 'two-letters', 'two-letters']
        : ['bracketed-letters', 'letters', 'letters', 'two-letters', 'two-letters'],
    );
  });

  test('one pass ranks 100: each label is one token where the reply begins, and no two the same', () => {
    const { labels } = chooseLabels(100, model)!;
    const aligned = alignLabels(labelReplies(labels).map(tokenise), textOf);
    expect(aligned.prefix).toEqual([]);
    expect(new Set(aligned.labels).size).toBe(100);
    expect(aligned.labels.map(textOf)).toEqual(labels);
  });

  test('a letter is spelled with a blank and without, each by one token', () => {
    const [a] = tokenise('A');
    const [blank] = tokenise(' A');
    expect(spellLabels([a!], textOf, tokenise)).toEqual([[a, blank]]);
    expect(spellLabels([blank!], textOf, tokenise)).toEqual([[blank, a]]);
    // Where the other spelling is a label of its own it stands for that.
    expect(spellLabels([a!, blank!], textOf, tokenise)).toEqual([[a], [blank]]);
  });
});
