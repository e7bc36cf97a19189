import { countrySpecs, isValidIBAN } from 'ibantools';
import type { PiiSpan } from './span.js';

const ibanStart = /(?<![\p{L}\p{N}])[A-Z]{2}\d{2}(?=[ \u00a0\u202f-]?[A-Z0-9])/giu;
const isSeparator = (unit: string | undefined): boolean =>
  unit !== undefined && /[ \u00a0\u202f-]/.test(unit);
const isLetterOrDigit = (unit: string | undefined): boolean => unit !== undefined && /[A-Za-z0-9]/.test(unit);

/** IBANs of the country's length whose check digits hold, in groups or not. */
export function* findIbans(text: string): Generator<PiiSpan> {
  for (const { index, 0: begin } of text.matchAll(ibanStart)) {
    const length = countrySpecs[begin.slice(0, 2).toUpperCase()]?.chars;
    if (!length) continue;
    let compact = '';
    let end = index;
    while (compact.length < length) {
      if (isSeparator(text[end]) && isLetterOrDigit(text[end + 1])) end += 1;
      if (!isLetterOrDigit(text[end])) break;
      compact += text[end]!;
      end += 1;
    }
    if (compact.length < length || isLetterOrDigit(text[end])) continue;
    if (isValidIBAN(compact.toUpperCase())) yield { kind: 'iban', start: index, end };
  }
}

const cardNumber = /(?<![\p{L}\p{N}/=_]|\d[.,-])\d(?:[ -]?\d){11,18}(?![\p{L}\p{N}]|[.,-]\d)/gu;

/** First digits and lengths of the networks. */
const networks: readonly RegExp[] = [
  /^4(?:\d{12}|\d{15}|\d{18})$/, // Visa
  /^(?:5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12})$/, // Mastercard
  /^3[47]\d{13}$/, // American Express
  /^(?:6011|64[4-9]\d|65\d\d)\d{12}$/, // Discover
  /^3(?:0[0-5]|[689]\d)\d{11}$/, // Diners Club
  /^35(?:2[89]|[3-8]\d)\d{12}$/, // JCB
  /^62\d{14,17}$/, // UnionPay
  /^(?:50|5[6-9]|6[0-9])\d{10,17}$/, // Maestro
];

/** Payment cards: a known network's first digits and length, Luhn's check digit, and the groups that cards are written in. */
export function* findCards(text: string): Generator<PiiSpan> {
  for (const { index, 0: found } of text.matchAll(cardNumber)) {
    const groups = found.split(/[ -]/);
    if (groups.length > 1 && groups.some(({ length }) => length < 3 || length > 7)) continue;
    const digits = groups.join('');
    if (!networks.some((network) => network.test(digits)) || !hasLuhnDigit(digits)) continue;
    yield { kind: 'card', start: index, end: index + found.length };
  }
}

/** Whether the last digit is the one that Luhn's formula gives (ISO/IEC 7812-1). */
export function hasLuhnDigit(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const weighted = i % 2 === 0 ? digit : digit * 2;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return sum % 10 === 0;
}
