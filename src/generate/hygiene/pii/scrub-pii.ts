import { isSupportedCountry } from 'libphonenumber-js/max';
import { RankforgeError } from '../../../core/errors.js';
import type { Passage } from '../../../core/passage.js';
import type { Funnel } from '../../funnel.js';
import { findCards, findIbans } from './accounts.js';
import { findEmails } from './emails.js';
import { findIpAddresses } from './ip-addresses.js';
import { findNationalIds } from './national-ids.js';
import { findPhones } from './phones.js';
import { type PiiKind, type PiiSpan, piiKinds } from './span.js';

export interface ScrubPiiOptions {
  /** @default all of `piiKinds` */
  readonly kinds?: readonly PiiKind[];
  /**
   * Countries, as two letters, whose identity numbers are looked for and whose phone numbers are known without `+`.
   * @default identity numbers of all known countries, and phone numbers of the United States
   */
  readonly countries?: readonly string[];
}

export interface Scrubbed {
  readonly text: string;
  /** By kind, how many were replaced; no entry where there was none. */
  readonly counts: Readonly<Partial<Record<PiiKind, number>>>;
}

export type PiiScrubber = (text: string) => Scrubbed;

/**
 * Replaces personal data by its kind, as `[EMAIL]`: addresses, phone numbers, IBANs, payment cards, IP addresses and
 * identity numbers. Time is linear in the text. Names and postal addresses are not found: that takes a model.
 * @throws RankforgeError `unknown-name` for a kind or country that is not known
 */
export function createPiiScrubber({ kinds = piiKinds, countries }: ScrubPiiOptions = {}): PiiScrubber {
  checkNames(kinds, countries);
  const finders: Record<PiiKind, (text: string) => Iterable<PiiSpan>> = {
    email: findEmails,
    iban: findIbans,
    card: findCards,
    'national-id': (text) => findNationalIds(text, countries),
    phone: (text) => findPhones(text, countries ?? ['US']),
    ip: findIpAddresses,
  };
  return (text) => {
    // All of them have a digit or an address's sign.
    if (!/[\d@\uff20]/.test(text)) return { text, counts: {} };
    const spans: PiiSpan[] = [];
    for (const kind of piiKinds) {
      if (!kinds.includes(kind)) continue;
      for (const span of finders[kind](text)) spans.push(span);
    }
    return replace(text, spans);
  };
}

/** Passages with personal data replaced in title and text; each replacement is noted under `pii` by its kind. */
export async function* scrubPassages(
  passages: AsyncIterable<Passage> | Iterable<Passage>,
  { scrub = createPiiScrubber(), funnel, signal }: ScrubPassagesOptions = {},
): AsyncGenerator<Passage> {
  for await (const passage of passages) {
    signal?.throwIfAborted();
    const text = scrub(passage.text);
    const title = scrub(passage.title ?? '');
    funnel?.accept('pii');
    for (const { counts } of [title, text]) {
      for (const [kind, count] of Object.entries(counts)) {
        for (let i = 0; i < count; i++) funnel?.note('pii', kind);
      }
    }
    yield { ...passage, text: text.text, ...(passage.title === undefined ? {} : { title: title.text }) };
  }
}

export interface ScrubPassagesOptions {
  readonly scrub?: PiiScrubber;
  readonly funnel?: Funnel;
  readonly signal?: AbortSignal;
}

/** Of spans that overlap, the one of the kind that comes first in `piiKinds`. */
function replace(text: string, found: readonly PiiSpan[]): Scrubbed {
  if (found.length === 0) return { text, counts: {} };
  const spans = [...found].sort(
    (a, b) => a.start - b.start || piiKinds.indexOf(a.kind) - piiKinds.indexOf(b.kind) || b.end - a.end,
  );
  const taken: PiiSpan[] = [];
  for (const span of spans) {
    const last = taken.at(-1);
    if (last === undefined || span.start >= last.end) taken.push(span);
    else if (piiKinds.indexOf(span.kind) < piiKinds.indexOf(last.kind)) taken[taken.length - 1] = span;
  }
  const counts: Partial<Record<PiiKind, number>> = {};
  let out = '';
  let at = 0;
  for (const { kind, start, end } of taken) {
    counts[kind] = (counts[kind] ?? 0) + 1;
    out += `${text.slice(at, start)}[${kind.toUpperCase()}]`;
    at = end;
  }
  return { text: out + text.slice(at), counts };
}

function checkNames(kinds: readonly PiiKind[], countries: readonly string[] = []): void {
  const kind = kinds.find((each) => !piiKinds.includes(each));
  if (kind !== undefined) {
    throw new RankforgeError('unknown-name', `There is no kind of personal data called "${kind}"`, {
      where: kind,
      hint: `Choose from: ${piiKinds.join(', ')}.`,
    });
  }
  const country = countries.find((each) => !isSupportedCountry(each));
  if (country === undefined) return;
  throw new RankforgeError('unknown-name', `"${country}" is no country`, {
    where: country,
    hint: 'Give countries as two capital letters of ISO 3166, for instance DE.',
  });
}
