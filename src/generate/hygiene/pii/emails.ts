import type { PiiSpan } from './span.js';

const localCharacter = /[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]/u;
// RFC 5321's lengths bound the search, so that no text takes more than a constant a sign.
const longestLocal = 64;
const domain = /(?:[\p{L}\p{N}][\p{L}\p{N}-]{0,62}\.){1,8}\p{L}[\p{L}\p{N}-]{1,62}/uy;
const sign = /[@\uff20]/g;

/** E-mail addresses, found from their sign outwards: `name@host.tld`, of any script. */
export function* findEmails(text: string): Generator<PiiSpan> {
  let done = 0;
  for (const { index } of text.matchAll(sign)) {
    if (index < done) continue;
    domain.lastIndex = index + 1;
    const host = domain.exec(text);
    if (!host) continue;
    let start = index;
    const least = Math.max(done, index - longestLocal);
    while (start > least && isLocal(text, start - 1)) start -= 1;
    // What quotes or ends a sentence before the name is not of it.
    while (start < index && /[.'`*_/|=-]/.test(text[start]!)) start += 1;
    if (start === index) continue;
    done = domain.lastIndex;
    yield { kind: 'email', start, end: done };
  }
}

/** Half a pair of UTF-16 units counts as a letter, as its whole most often is. */
const isLocal = (text: string, at: number): boolean =>
  localCharacter.test(text[at]!) || (text.charCodeAt(at) & 0xf800) === 0xd800;
