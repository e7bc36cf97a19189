import { expect, test } from 'vitest';
import { Funnel } from '../../../src/generate/funnel.js';
import {
  keepLanguages,
  openLanguageCheck,
  openLanguageDetector,
} from '../../../src/generate/hygiene/language.js';
import { fortyLanguages } from './forty-languages.js';

test('tells a sentence in each of 46 languages', async () => {
  const detect = await openLanguageDetector();
  const wrong = fortyLanguages.filter(([language, sentence]) => detect(sentence) !== language);
  expect(fortyLanguages.length).toBeGreaterThanOrEqual(40);
  expect(wrong.map(([language]) => language)).toEqual([]);
});

test.each([
  '',
  '   ',
  'OK',
  '12.5 + 3 = 15.5',
  '🙂🙃🙂',
  '<div><br/></div>',
  'https://example.org/the/whole/of/it',
  '\u0000\u0000',
  '検索',
])('cannot tell %j', async (text) => expect((await openLanguageDetector())(text)).toBeUndefined());

test('marks, addresses and NUL bytes around a sentence change nothing', async () => {
  const detect = await openLanguageDetector();
  const text = 'Der Mieter muss die Miete vor dem Ende jedes Monats bezahlen.';
  expect(
    detect(`<div class="the page of the year">\u0000${text}</div> https://example.org/the-tenant-pays`),
  ).toBe('de');
});

test('a check keeps what is wanted, and the unknown as it is told', async () => {
  const [german, french, short] = [
    'Die Miete ist vor dem Ende des Monats zu zahlen.',
    'Le loyer est dû avant la fin du mois.',
    'Miete?',
  ];
  const keep = await openLanguageCheck({ languages: ['de-AT'] });
  expect([german, french, short].map(keep)).toEqual([undefined, 'wrong-language', undefined]);
  const drop = await openLanguageCheck({ languages: ['DE'], unknown: 'drop' });
  expect(drop(short)).toBe('unknown-language');
  const funnel = new Funnel();
  const kept = [];
  for await (const text of keepLanguages([german, french, short], {
    text: (each) => each,
    check: drop,
    funnel,
  }))
    kept.push(text);
  expect(kept).toEqual([german]);
  expect(funnel.stage('language')).toMatchObject({
    in: 3,
    out: 1,
    rejected: { 'unknown-language': 1, 'wrong-language': 1 },
  });
});

test('a language that cannot be told is refused by name', async () => {
  await expect(openLanguageCheck({ languages: ['en', 'tlh'] })).rejects.toMatchObject({
    code: 'unknown-name',
    where: 'tlh',
  });
});
