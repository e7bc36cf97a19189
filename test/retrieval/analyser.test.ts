import { describe, expect, test } from 'vitest';
import { analyserOf, createAnalyser } from '../../src/retrieval/analyser.js';

const analyse = createAnalyser('english');

describe('English terms', () => {
  // As Lucene's EnglishAnalyzer gives them.
  test.each([
    ['The quick brown foxes jumped!', ['quick', 'brown', 'fox', 'jump']],
    ["The dog's and the DOGS’ bones", ['dog', 'dog', 'bone']],
    ['It is not as they were', ['were']],
    ['', []],
    ['the of and', []],
  ])('%j', (text, terms) => {
    expect(analyse(text)).toEqual(terms);
  });

  // From NLTK's PorterStemmer with MARTIN_EXTENSIONS, which is Lucene's; both agree on all but one (eed) of 93,585 words
  // of five test collections.
  test.each([
    'relational relat, conditional condit, rational ration, valenci valenc, digitizer digit, possibly possibl',
    'differently differ, analogously analog, vietnamization vietnam, predication predic, operator oper, feudalism feudal',
    'decisiveness decis, hopefulness hope, callousness callous, formaliti formal, sensitiviti sensit, sensibiliti sensibl',
    'triplicate triplic, formative form, formalize formal, electriciti electr, electrical electr, goodness good',
    'technology technolog, etiologies etiolog, caresses caress, ponies poni, agreed agre, plastered plaster, motoring motor',
    'hopping hop, falling fall, hissing hiss, failing fail, filing file, happy happi, sky sky, adoption adopt, effective effect',
    'bowdlerize bowdler, probate probat, cease ceas, controll control, roll roll, vs vs, p53 p53, yes ye, biology biologi',
  ])('stems: %s', (pairs) => {
    for (const pair of pairs.split(', ')) {
      const [word, stem] = pair.split(' ');
      expect([word, ...analyse(word!)]).toEqual([word, stem]);
    }
  });

  test.each([
    'Ελληνικά κείμενα',
    'русский текст',
    'עברית',
    'العربية',
    'فارسی',
    'हिन्दी',
    'বাংলা',
    'தமிழ்',
    'తెలుగు',
    'ಕನ್ನಡ',
    'മലയാളം',
    'සිංහල',
    'ไทย',
    'ລາວ',
    'မြန်မာ',
    'ខ្មែរ',
    '中文',
    '日本語テキスト',
    '한국어',
    'ქართული',
    'Հայերեն',
    'አማርኛ',
    'Türkçe İstanbul',
    'Tiếng Việt',
    'Polski żółć',
    'Čeština',
    'Íslenska',
    'Français',
    'Deutsch Straße',
    'Español',
    'Português',
    'Română',
    'Magyar',
    'Suomi',
    'Монгол',
    'ગુજરાતી',
    'ਪੰਜਾਬੀ',
    'ଓଡ଼ିଆ',
    'བོད་སྐད',
    'Yorùbá',
    '🐈‍⬛👩🏽‍🚀',
    '\ud800 lone',
  ])('every language gives terms: %s', (text) => {
    expect(analyse(text).length).toBeGreaterThan(0);
    expect(analyse(text).every((term) => term.length > 0)).toBe(true);
  });

  test('repeated words give the same terms', () => {
    expect(analyse('Running running runs')).toEqual(['run', 'run', 'run']);
    expect(analyse('Running running runs')).toEqual(['run', 'run', 'run']);
  });
});

test('an analyser is found again by its id, and an unknown name is an error', () => {
  expect(analyserOf(analyse.id)?.id).toBe(analyse.id);
  expect(analyserOf('english-0')).toBeUndefined();
  expect(() => createAnalyser('englisch' as 'english')).toThrow(
    expect.objectContaining({ code: 'unknown-name', hint: expect.stringContaining('english') }),
  );
});
