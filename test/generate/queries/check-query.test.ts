import { expect, test } from 'vitest';
import { passageText } from '../../../src/core/passage.js';
import { loadDataset } from '../../../src/formats/dataset.js';
import { checkQuery, textFault, tidyQuery } from '../../../src/generate/queries/check-query.js';
import { promptLines } from '../../../src/generate/queries/echo.js';
import { type QueryTypeName, rotateTypes } from '../../../src/generate/queries/query-types.js';

const passage =
  'Resuming a run\nA run that was stopped can be resumed: every answered call is kept in the ledger, so nothing is paid for twice when the same command is given again.';

test.each<[QueryTypeName, string, string | undefined]>([
  ['question', 'do I get billed again after a crash?', undefined],
  ['question', 'What happens when my job dies halfway', undefined],
  ['question', '', 'empty'],
  ['question', '?!', 'empty'],
  ['question', "I'm sorry, but I can't help with that.", 'refused'],
  ['question', 'What does the passage say about the ledger?', 'refers-to-passage'],
  ['question', 'According to the text, what is kept?', 'refers-to-passage'],
  ['question', 'How long is a passage that a model can read?', undefined],
  ['question', 'resume runs?', 'too-short'],
  ['question', `why ${'really '.repeat(40)}?`, 'repeats-itself'],
  ['question', `why ${Array.from({ length: 40 }, (_, i) => `w${i}`).join(' ')}?`, 'too-long'],
  ['question', 'the cost of a resumed run', 'wrong-type'],
  ['question', 'is every answered call kept in the ledger so nothing is lost?', 'copied'],
  ['question', 'почему задание не начинается заново?', 'wrong-script'],
  ['question', '¿por qué no se paga dos veces?', undefined],
  ['keyword', 'resume crashed job free', undefined],
  ['keyword', 'ledger', 'too-short'],
  ['keyword', 'how to resume a job', 'wrong-type'],
  ['keyword', 'is resuming free?', 'wrong-type'],
  ['keyword', 'nothing is paid for twice', 'copied'],
  ['keyword', 'one two three four five six seven eight nine ten', 'too-long'],
  ['how-to', 'how to go on with a job that was killed', undefined],
  ['how-to', 'the job was killed by the system', 'wrong-type'],
  ['claim', 'A job that was killed costs nothing more to finish.', undefined],
  ['claim', 'Does a killed job cost more to finish?', 'wrong-type'],
])('%s: "%s" is %s', (type, text, expected) => expect(checkQuery(text, { type, passage })).toBe(expected));

test('a query that repeats the prompt is an echo, of what it asks or of its examples', () => {
  const lines = promptLines(
    'Write one question that a person who has not read the passage would ask.\n<passage>\nA tenant may keep back part of the rent.\n</passage>\n{"keyword search": "rent reduction broken heating"}',
  );
  const check = (type: QueryTypeName, text: string) =>
    checkQuery(text, { type, passage, promptLines: lines });
  expect(check('question', 'a question that a person who has not read it?')).toBe('prompt-echo');
  expect(check('keyword', 'rent reduction broken heating')).toBe('example-echo');
  expect(check('question', 'who may keep back part of the wage?')).toBe('example-echo');
  expect(check('keyword', 'rent reduction')).toBeUndefined();
});

test.each([
  ['ru', 'why is it free?', 'wrong-script'],
  ['ru', 'почему это бесплатно?', undefined],
  ['de', 'warum kostet das nichts?', undefined],
  ['any', 'почему это бесплатно?', undefined],
  [undefined, 'почему это бесплатно?', 'wrong-script'],
])('asked for in %s, %j is %s, whatever the passage', (language, text, fault) =>
  expect(textFault(text, { type: 'question', passage, language })).toBe(fault),
);

test('scripts without spaces are measured by characters', () => {
  const japanese = '検索エンジンは文書の中から質問に合うものを見つけて順番に並べるための道具である';
  expect(checkQuery('検索はどう動くか', { type: 'question', passage: japanese })).toBeUndefined();
  expect(
    checkQuery('文書の中から質問に合うものを見つけて順番', { type: 'question', passage: japanese }),
  ).toBe('copied');
});

test.each([
  ['"how to resume"', 'how to resume'],
  ['1. how to\n resume', 'how to resume'],
  ['- resume\0run', 'resume run'],
  ['  what is "this"?  ', 'what is "this"?'],
  ['"exact words" in a search', '"exact words" in a search'],
  ["“what's this”", "what's this"],
])('%j is tidied', (text, expected) => expect(tidyQuery(text)).toBe(expected));

test('real queries are nothing that a searcher does not write', async () => {
  const { queries, passages, qrels } = await loadDataset('datasets/handbook');
  for (const { id, text } of queries.values()) {
    const [relevant] = [...qrels.get(id)!].find(([, grade]) => grade > 0)!;
    const fault = textFault(text, { type: 'question', passage: passageText(passages.get(relevant)!) });
    expect([text, fault]).toEqual([text, undefined]);
  }
});

test('types come in turn by their shares', () => {
  const take = (shares: Parameters<typeof rotateTypes>[0], n: number) => {
    const rotation = rotateTypes(shares);
    const counts: Record<string, number> = {};
    for (let i = 0; i < n; i++) {
      const { value } = rotation.next();
      counts[value] = (counts[value] ?? 0) + 1;
    }
    return counts;
  };
  expect(take({ question: 0.5, keyword: 0.25, 'how-to': 0.25 }, 24)).toEqual({
    question: 12,
    keyword: 6,
    'how-to': 6,
  });
  expect(take({ question: 0.1, keyword: 0.2, claim: 0.7 }, 1000)).toEqual({
    question: 100,
    keyword: 200,
    claim: 700,
  });
  expect(take({ question: 20, keyword: 10 }, 300)).toEqual({ question: 200, keyword: 100 });
  expect(take({ keyword: 1, claim: 0 }, 3)).toEqual({ keyword: 3 });
  expect(() => take({}, 1)).toThrow(expect.objectContaining({ code: 'usage' }));
  expect(() => take({ questoin: 1 } as never, 1)).toThrow(
    expect.objectContaining({ hint: 'Did you mean "question"?' }),
  );
});
