/** What personal data is called, in counts, options and placeholders; the first of two that overlap is taken. */
export const piiKinds = ['email', 'iban', 'card', 'national-id', 'phone', 'ip'] as const;
export type PiiKind = (typeof piiKinds)[number];

/** A stretch of a text, from `start` up to and without `end`, in UTF-16 units. */
export interface PiiSpan {
  readonly kind: PiiKind;
  readonly start: number;
  readonly end: number;
}
