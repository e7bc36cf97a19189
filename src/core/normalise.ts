/**
 * Leaves out what follows on thirty combining marks in a row, more than any language has (UAX #15, stream-safe text). Putting
 * marks in their canonical order takes quadratic time: a megabyte of them would stop the process for minutes.
 */
export const withFewMarks = (text: string): string => text.replace(/(\p{M}{30})\p{M}+/gu, '$1');

/** Unicode's compatibility form (NFKC), in time linear in the text whatever it holds. */
export const normalise = (text: string): string => withFewMarks(text).normalize('NFKC');
