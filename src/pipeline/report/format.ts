import type { Interval } from '../../evaluate/bootstrap-interval.js';
import type { Quartiles } from '../../generate/describe/quartiles.js';

const counts = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

export const formatCount = (value: number): string => counts.format(value);

/** Three decimals: what a few dozen queries can tell apart. */
export const formatScore = (value: number): string => value.toFixed(3);

/** With a true minus sign, and + for gains. */
export const formatSigned = (value: number): string =>
  `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`.replace(/^[−+]0\.000$/, '0.000');

export const formatInterval = ({ low, high }: Interval): string =>
  `${formatSigned(low)} to ${formatSigned(high)}`;

/** The median of counts, with the middle half. */
export const formatQuartiles = ({ low, median, high }: Quartiles): string =>
  `${Math.round(median)} (${Math.round(low)} to ${Math.round(high)})`;

export const formatP = (p: number): string => (p < 0.0001 ? '< 0.0001' : p.toFixed(p < 0.001 ? 4 : 3));

export function formatDuration(seconds: number): string {
  if (seconds < 0.1) return '< 0.1 s';
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const formatMoney = (usd: number): string =>
  usd === 0 ? '$0' : usd < 0.01 ? '< $0.01' : `$${usd.toFixed(2)}`;

/** A day and a time, UTC. A text that is no date stays as it is. */
export function formatTime(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** At most `length` characters, cut between words where there are any, with an ellipsis. */
export function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  const cut = text.slice(0, length);
  const space = cut.lastIndexOf(' ');
  return `${(space > length / 2 ? cut.slice(0, space) : cut.replace(/[\ud800-\udbff]$/, '')).trimEnd()} …`;
}

/** Pixels of a text, as `fitText` reckons them. */
export const textWidth = (text: string): number =>
  [...text].reduce((width, character) => width + widthOf(character), 0);

/** As much of a text as fits a width at 12 pixels in a wide font (DejaVu Sans): nothing here can measure text. */
export function fitText(text: string, pixels: number): string {
  let width = 0;
  let fitting = '';
  for (const character of text) {
    width += widthOf(character);
    if (width > pixels) {
      while (fitting !== '' && width + widthOf('…') > pixels) {
        const last = [...fitting].at(-1)!;
        fitting = fitting.slice(0, -last.length);
        width -= widthOf(last);
      }
      return `${fitting.trimEnd()}…`;
    }
    fitting += character;
  }
  return text;
}

function widthOf(character: string): number {
  if (character.codePointAt(0)! >= 0x1100 && character !== '…') return 13;
  if (/[iljI.,:;'|! ]/.test(character)) return 4.5;
  if (/[ftr()[\]-]/.test(character)) return 5.2;
  if (/[mwMW@%…]/.test(character)) return 12;
  return /[A-Z<>=+&]/.test(character) ? 9.8 : 7.4;
}
