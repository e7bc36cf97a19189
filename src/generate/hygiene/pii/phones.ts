import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { PiiSpan } from './span.js';

// Short, so that what is asked about a candidate takes a bounded time.
const candidate =
  /(?<![\p{L}\p{N}@#/=_]|\d[.,:-])(?:\+|\(\+?)?\d[\d \u00a0\u202f()./\u2010-\u2013-]{5,24}\d(?![\p{L}\p{N}]|[.,:]\d)/gu;
const dates =
  /^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}|(?:1[6-9]|20)\d\d *[-/\u2010-\u2013] *(?:1[6-9]|20)\d\d)$/;
/** Groups left out at the end: a year or an amount may follow a number. */
const mostTries = 3;

/**
 * Phone numbers that are valid by Google's metadata: international ones anywhere, and national ones of the given countries.
 * A bare run of digits is none unless it begins with 0: identifiers look like that.
 */
export function* findPhones(text: string, countries: readonly string[]): Generator<PiiSpan> {
  for (const { index, 0: found } of text.matchAll(candidate)) {
    const end = endOfNumber(found, countries);
    if (end > 0) yield { kind: 'phone', start: index, end: index + end };
  }
}

function endOfNumber(found: string, countries: readonly string[]): number {
  if (/^[1-9]\d*$/.test(found) || dates.test(found)) return 0;
  const groups = [...found.matchAll(/\d+/g)];
  if (groups.filter(([digits]) => digits.length === 1).length > 2) return 0;
  for (let dropped = 0; dropped < Math.min(mostTries, groups.length); dropped++) {
    const last = groups.at(-1 - dropped)!;
    const end = last.index + last[0].length;
    const text = found.slice(0, end);
    const digits = text.match(/\d/g)!.length;
    if (digits < 7) return 0;
    if (digits > 17) continue;
    if (isPhone(text, countries)) return end;
    // What stands without a space is one thing.
    if (!/[ \u00a0\u202f]/.test(found[last.index - 1] ?? '')) return 0;
  }
  return 0;
}

function isPhone(text: string, countries: readonly string[]): boolean {
  // Written from abroad: 00 or +, and then often the home country's 0 in brackets.
  const number = text.replace(/^00(?=[1-9])/, '+').replace(/^(\+.*)\(0\)/, '$1');
  if (number.includes('+')) return parsePhoneNumberFromString(number, { extract: false })?.isValid() === true;
  // Brackets stand around the area code alone; ranges of pages with a year look like numbers otherwise.
  if (/\d.*\(| \/|\/ /.test(number)) return false;
  return countries.some(
    (country) =>
      parsePhoneNumberFromString(number, {
        defaultCountry: country as CountryCode,
        extract: false,
      })?.isValid() === true,
  );
}
