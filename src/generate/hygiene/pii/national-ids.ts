import { stdnum } from 'stdnum';
import type { PiiSpan } from './span.js';

interface NationalId {
  readonly country: string;
  /** As it is written in running text. Bounded, so that the search is linear. */
  readonly pattern: RegExp;
  /** What the validating package calls it. */
  readonly name: string;
  /** A word that must stand before it, where the form alone is too common to be sound. */
  readonly label?: RegExp;
}

const before = '(?<![\\p{L}\\p{N}]|\\d[.,/-])';
const after = '(?![\\p{L}\\p{N}]|[.,/-]\\d)';
const written = (form: string): RegExp => new RegExp(`${before}(?:${form})${after}`, 'gu');

/** Numbers of persons with a form or a check that chance seldom meets. */
export const nationalIds: readonly NationalId[] = [
  { country: 'BE', pattern: written('\\d{2}\\.\\d{2}\\.\\d{2}-\\d{3}\\.\\d{2}'), name: 'nn' },
  { country: 'BR', pattern: written('\\d{3}\\.\\d{3}\\.\\d{3}-\\d{2}'), name: 'cpf' },
  {
    country: 'CA',
    pattern: written('\\d{3}[ -]\\d{3}[ -]\\d{3}'),
    name: 'sin',
    label: /\b(?:SIN|social insurance)\b/i,
  },
  { country: 'CH', pattern: written('756\\.\\d{4}\\.\\d{4}\\.\\d{2}'), name: 'ssn' },
  { country: 'CN', pattern: written('\\d{17}[\\dXx]'), name: 'ric' },
  {
    country: 'DE',
    pattern: written('\\d{2} ?\\d{3} ?\\d{3} ?\\d{3}'),
    name: 'idnr',
    label: /(?:Steuer-?(?:ID|Identifikationsnummer)|IdNr|\bTIN\b|tax id)/i,
  },
  { country: 'DK', pattern: written('\\d{6}-\\d{4}'), name: 'cpr', label: /\bCPR\b/i },
  { country: 'ES', pattern: written('\\d{8}[ -]?[A-Z]'), name: 'dni' },
  { country: 'ES', pattern: written('[XYZ][ -]?\\d{7}[ -]?[A-Z]'), name: 'nie' },
  { country: 'FI', pattern: written('\\d{6}[-+A]\\d{3}[\\dA-Y]'), name: 'hetu' },
  {
    country: 'FR',
    pattern: written('[12] ?\\d{2} ?\\d{2} ?(?:\\d{2}|2[AB]) ?\\d{3} ?\\d{3} ?\\d{2}'),
    name: 'nir',
  },
  { country: 'GB', pattern: written('[A-Z]{2} \\d{2} \\d{2} \\d{2} [A-D]'), name: 'nino' },
  {
    country: 'GB',
    pattern: written('[A-Z]{2}\\d{6}[A-D]'),
    name: 'nino',
    label: /\b(?:NINO|NI|national insurance)\b/i,
  },
  { country: 'IE', pattern: written('\\d{7}[A-W][ABHWTX]?'), name: 'pps' },
  {
    country: 'IN',
    pattern: written('[2-9]\\d{3}[ -]?\\d{4}[ -]?\\d{4}'),
    name: 'aadhaar',
    label: /(?:aadhaar|\bUID\b)/i,
  },
  { country: 'IN', pattern: written('[A-Z]{3}P[A-Z]\\d{4}[A-Z]'), name: 'pan' },
  {
    country: 'IT',
    pattern: written('[A-Z]{6}\\d{2}[A-EHLMPRST]\\d{2}[A-Z]\\d{3}[A-Z]'),
    name: 'codicefiscale',
  },
  { country: 'KR', pattern: written('\\d{6}-\\d{7}'), name: 'rrn' },
  { country: 'MX', pattern: written('[A-Z]{4}\\d{6}[HM][A-Z]{5}[A-Z\\d]\\d'), name: 'curp' },
  {
    country: 'NL',
    pattern: written('\\d{4}\\.?\\d{2}\\.?\\d{3}'),
    name: 'bsn',
    label: /(?:\bBSN\b|burgerservicenummer|sofinummer)/i,
  },
  { country: 'NO', pattern: written('\\d{6} ?\\d{5}'), name: 'fodselsnummer' },
  { country: 'PL', pattern: written('\\d{11}'), name: 'pesel', label: /\bPESEL\b/i },
  { country: 'SE', pattern: written('(?:\\d{2})?\\d{6}[-+]\\d{4}'), name: 'personnummer' },
  { country: 'US', pattern: written('\\d{3}-\\d{2}-\\d{4}'), name: 'ssn' },
];

/** Characters before a number in which its label is looked for. */
const labelReach = 40;

/** Identity numbers of persons whose check digits or dates hold. @param countries all of them where absent */
export function* findNationalIds(text: string, countries?: readonly string[]): Generator<PiiSpan> {
  for (const { country, pattern, name, label } of nationalIds) {
    if (countries && !countries.includes(country)) continue;
    for (const { index, 0: found } of text.matchAll(pattern)) {
      if (label && !label.test(text.slice(Math.max(0, index - labelReach), index))) continue;
      if (stdnum[country]?.[name]?.validate(found).isValid !== true) continue;
      yield { kind: 'national-id', start: index, end: index + found.length };
    }
  }
}
