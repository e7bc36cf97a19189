import { stdnum } from 'stdnum';
import type { PiiSpan } from './span.js';

interface Validator {
  validate(value: string): { readonly isValid: boolean };
}

interface NationalId {
  readonly country: string;
  /** As it is written in running text. Bounded, so that the search is linear. */
  readonly pattern: RegExp;
  readonly check: Validator;
  /** A word that must stand before it, where the form alone is too common to be sound. */
  readonly label?: RegExp;
}

const before = '(?<![\\p{L}\\p{N}]|\\d[.,/-])';
const after = '(?![\\p{L}\\p{N}]|[.,/-]\\d)';
const written = (form: string): RegExp => new RegExp(`${before}(?:${form})${after}`, 'gu');

/** Numbers of persons with a form or a check that chance seldom meets. */
const ids: readonly NationalId[] = [
  { country: 'BE', pattern: written('\\d{2}\\.\\d{2}\\.\\d{2}-\\d{3}\\.\\d{2}'), check: stdnum.BE.nn },
  { country: 'BR', pattern: written('\\d{3}\\.\\d{3}\\.\\d{3}-\\d{2}'), check: stdnum.BR.cpf },
  {
    country: 'CA',
    pattern: written('\\d{3}[ -]\\d{3}[ -]\\d{3}'),
    check: stdnum.CA.sin,
    label: /\b(?:SIN|social insurance)\b/i,
  },
  { country: 'CH', pattern: written('756\\.\\d{4}\\.\\d{4}\\.\\d{2}'), check: stdnum.CH.ssn },
  { country: 'CN', pattern: written('\\d{17}[\\dXx]'), check: stdnum.CN.ric },
  {
    country: 'DE',
    pattern: written('\\d{2} ?\\d{3} ?\\d{3} ?\\d{3}'),
    check: stdnum.DE.idnr,
    label: /(?:Steuer-?(?:ID|Identifikationsnummer)|IdNr|\bTIN\b|tax id)/i,
  },
  { country: 'DK', pattern: written('\\d{6}-\\d{4}'), check: stdnum.DK.cpr, label: /\bCPR\b/i },
  { country: 'ES', pattern: written('\\d{8}[ -]?[A-Z]'), check: stdnum.ES.dni },
  { country: 'ES', pattern: written('[XYZ][ -]?\\d{7}[ -]?[A-Z]'), check: stdnum.ES.nie },
  { country: 'FI', pattern: written('\\d{6}[-+A]\\d{3}[\\dA-Y]'), check: stdnum.FI.hetu },
  {
    country: 'FR',
    pattern: written('[12] ?\\d{2} ?\\d{2} ?(?:\\d{2}|2[AB]) ?\\d{3} ?\\d{3} ?\\d{2}'),
    check: stdnum.FR.nir,
  },
  { country: 'GB', pattern: written('[A-Z]{2} ?\\d{2} ?\\d{2} ?\\d{2} ?[A-D]'), check: stdnum.GB.nino },
  { country: 'IE', pattern: written('\\d{7}[A-W][ABHWTX]?'), check: stdnum.IE.pps },
  {
    country: 'IN',
    pattern: written('[2-9]\\d{3}[ -]?\\d{4}[ -]?\\d{4}'),
    check: stdnum.IN.aadhaar,
    label: /(?:aadhaar|\bUID\b)/i,
  },
  { country: 'IN', pattern: written('[A-Z]{3}P[A-Z]\\d{4}[A-Z]'), check: stdnum.IN.pan },
  {
    country: 'IT',
    pattern: written('[A-Z]{6}\\d{2}[A-EHLMPRST]\\d{2}[A-Z]\\d{3}[A-Z]'),
    check: stdnum.IT.codicefiscale,
  },
  { country: 'KR', pattern: written('\\d{6}-\\d{7}'), check: stdnum.KR.rrn },
  { country: 'MX', pattern: written('[A-Z]{4}\\d{6}[HM][A-Z]{5}[A-Z\\d]\\d'), check: stdnum.MX.curp },
  {
    country: 'NL',
    pattern: written('\\d{4}\\.?\\d{2}\\.?\\d{3}'),
    check: stdnum.NL.bsn,
    label: /(?:\bBSN\b|burgerservicenummer|sofinummer)/i,
  },
  { country: 'NO', pattern: written('\\d{6} ?\\d{5}'), check: stdnum.NO.fodselsnummer },
  { country: 'PL', pattern: written('\\d{11}'), check: stdnum.PL.pesel, label: /\bPESEL\b/i },
  { country: 'SE', pattern: written('(?:\\d{2})?\\d{6}[-+]\\d{4}'), check: stdnum.SE.personnummer },
  { country: 'US', pattern: written('\\d{3}-\\d{2}-\\d{4}'), check: stdnum.US.ssn },
];

/** Characters before a number in which its label is looked for. */
const labelReach = 40;

/** The countries whose identity numbers are known. */
export const nationalIdCountries: readonly string[] = [...new Set(ids.map(({ country }) => country))];

/** Identity numbers of persons whose check digits or dates hold. @param countries all of them where absent */
export function* findNationalIds(text: string, countries?: readonly string[]): Generator<PiiSpan> {
  for (const { country, pattern, check, label } of ids) {
    if (countries && !countries.includes(country)) continue;
    for (const { index, 0: found } of text.matchAll(pattern)) {
      if (label && !label.test(text.slice(Math.max(0, index - labelReach), index))) continue;
      if (!check.validate(found).isValid) continue;
      yield { kind: 'national-id', start: index, end: index + found.length };
    }
  }
}
