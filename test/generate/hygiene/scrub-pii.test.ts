import fc from 'fast-check';
import { stdnum } from 'stdnum';
import { describe, expect, test } from 'vitest';
import { Funnel } from '../../../src/generate/funnel.js';
import { hasLuhnDigit } from '../../../src/generate/hygiene/pii/accounts.js';
import { nationalIds } from '../../../src/generate/hygiene/pii/national-ids.js';
import { createPiiScrubber, scrubPassages } from '../../../src/generate/hygiene/pii/scrub-pii.js';
import { piiKinds } from '../../../src/generate/hygiene/pii/span.js';
import { anyText, cpuTime } from './any-text.js';
import { fortyLanguages } from './forty-languages.js';

const scrub = createPiiScrubber();

// Published test numbers: payment networks', the IBAN registry's, the documentation ranges of RFC 5737 and 3849.
test.each([
  ['Write to jane.doe+tax@mail.example.co.uk.', 'Write to [EMAIL].'],
  ['<mailto:jane@example.org>', '<mailto:[EMAIL]>'],
  ["'jane@example.org'", "'[EMAIL]'"],
  ['用户：张伟@例子.公司，谢谢', '用户：[EMAIL]，谢谢'],
  ['jane＠example.org', '[EMAIL]'],
  ['IBAN DE89 3704 0044 0532 0130 00, Berlin', 'IBAN [IBAN], Berlin'],
  ['GB82WEST12345698765432', '[IBAN]'],
  ['NO93 8601 1117 947 is due', '[IBAN] is due'],
  ['card 4111 1111 1111 1111 expires', 'card [CARD] expires'],
  ['378282246310005', '[CARD]'],
  ['5555-5555-5555-4444.', '[CARD].'],
  ['call +49 30 901820 or +1 (212) 555-2368', 'call [PHONE] or [PHONE]'],
  ['call 212-456-7890 now', 'call [PHONE] now'],
  ['0044 20 7946 0958', '[PHONE]'],
  ['+44 (0)20 7946 0958 2024', '[PHONE] 2024'],
  ['from 192.0.2.146 to 2001:db8:85a3::8a2e:370:7334', 'from [IP] to [IP]'],
  ['SSN 219-09-9998', 'SSN [NATIONAL-ID]'],
  ['DNI 12345678Z', 'DNI [NATIONAL-ID]'],
  ['codice fiscale RSSMRA85T10A562S', 'codice fiscale [NATIONAL-ID]'],
  ['NI: AB123456C, or AB 12 34 56 C', 'NI: [NATIONAL-ID], or [NATIONAL-ID]'],
  ['CPF 390.533.447-05', 'CPF [NATIONAL-ID]'],
  ['BSN: 111222333', 'BSN: [NATIONAL-ID]'],
  ['HETU 131052-308T', 'HETU [NATIONAL-ID]'],
])('%s', (text, expected) => expect(scrub(text).text).toBe(expected));

test.each([
  'user@localhost, npm i pkg@1.2.3, @someone, a @ b, 5@',
  'IBAN DE89 3704 0044 0532 0130 01 has a wrong check digit',
  'card 4111 1111 1111 1112 has one too',
  'ISBN 978-3-16-148410-0, DOI 10.1145/582415.582418, PMID 12345678',
  'in 1998-2004, on 2021-03-14, 03/14/2021, 12:30:45, 1,234,567.89, 3.14159265358979',
  'v1.2.3.4, version 10.2.3.4, 999.1.1.1, 127.0.0.1, std::vector, dead::beef',
  'Genes 45,000 to 120,000; p < 0.00001; n = 20032004; 100 200 300 400',
  'order 123456789, account 111222333, 1234567890123456',
  '000-12-3456, 666-12-3456, 95% CI: 2766.07-5232.43',
  'the antagonist SR141716A, EC 1.14.16.2, /vs/5309904231178427, 117-142, 218-234 (1945), 307-357 /1910/',
])('is no personal data: %s', (text) => expect(scrub(text)).toEqual({ text, counts: {} }));

test('counts by kind, and passages are noted in the funnel', async () => {
  const funnel = new Funnel();
  const passage = {
    id: 'p',
    title: 'To a@example.org',
    text: 'b@example.org, c@example.org, 192.0.2.1',
    metadata: { x: 1 },
  };
  const scrubbed = [];
  for await (const each of scrubPassages([passage, { id: 'q', text: 'nothing' }], { funnel }))
    scrubbed.push(each);
  expect(scrubbed[0]).toEqual({ ...passage, title: 'To [EMAIL]', text: '[EMAIL], [EMAIL], [IP]' });
  expect(scrubbed[1]).toEqual({ id: 'q', text: 'nothing' });
  expect(funnel.stage('pii')).toMatchObject({ in: 2, out: 2, noted: { email: 3, ip: 1 } });
});

test('kinds and countries narrow the search; unknown ones are refused', () => {
  const text = 'jane@example.org, 192.0.2.1, 12345678Z, 030 901820';
  expect(createPiiScrubber({ kinds: ['ip'] })(text).counts).toEqual({ ip: 1 });
  expect(createPiiScrubber({ countries: ['DE'] })(text).counts).toEqual({ email: 1, ip: 1, phone: 1 });
  expect(() => createPiiScrubber({ kinds: ['name' as 'ip'] })).toThrow(
    expect.objectContaining({ code: 'unknown-name' }),
  );
  expect(() => createPiiScrubber({ countries: ['Germany'] })).toThrow(
    expect.objectContaining({ code: 'unknown-name' }),
  );
});

test("Luhn's formula: of ten last digits one fits", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^\d{1,18}$/), (digits) => {
      expect(Array.from({ length: 10 }, (_, last) => digits + last).filter(hasLuhnDigit)).toHaveLength(1);
    }),
  );
});

test('any text: nothing is thrown, what is replaced is counted, and a second time leaves it alone', () => {
  const piece = fc.oneof(
    anyText(12),
    fc.constantFrom(
      'jane@example.org',
      '4111111111111111',
      '+1 212 555 2368',
      '192.0.2.1',
      'DE89370400440532013000',
      ' ',
      '-',
      '@',
      '+',
      '.',
      '::',
      '219-09-9998',
    ),
    fc.stringMatching(/^[\d .()+-]{1,12}$/),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const once = scrub(pieces.join(''));
      const counted = Object.values(once.counts).reduce((sum, count) => sum + count, 0);
      expect(once.text.match(/\[(?:EMAIL|IBAN|CARD|NATIONAL-ID|PHONE|IP)\]/g)?.length ?? 0).toBe(counted);
      // What was replaced stays so; a number that stood against another may be told only then.
      const twice = scrub(once.text).text;
      for (const kind of piiKinds) {
        const placeholder = `[${kind.toUpperCase()}]`;
        expect(twice.split(placeholder).length).toBeGreaterThanOrEqual(once.text.split(placeholder).length);
      }
    }),
    { numRuns: 300 },
  );
});

test('a sentence in any language is left alone', () => {
  for (const [, sentence] of fortyLanguages) expect(scrub(`${sentence} 12`).text).toBe(`${sentence} 12`);
});

describe('time is linear whatever is repeated', () => {
  test.each([
    '@',
    'a',
    '1',
    '1 ',
    '1-',
    '+1',
    'a@',
    'a@b.',
    'A1',
    'DE89 ',
    '1.',
    '1:',
    ':',
    '(1',
    'AB12 3456 ',
    '4111 ',
    '\ud800',
    'é.',
  ])('%j', (unit) => {
    const time = (length: number) => {
      const text = unit.repeat(length / unit.length);
      return Math.min(...Array.from({ length: 2 }, () => cpuTime(() => scrub(text))));
    };
    time(20_000);
    // Quadratic would be 16 times as long.
    expect(time(80_000)).toBeLessThan(8 * time(20_000) + 60);
  });
});

test('each identity number has its check', () => {
  for (const { country, name } of nationalIds)
    expect(stdnum[country]?.[name], `${country}.${name}`).toBeDefined();
});
