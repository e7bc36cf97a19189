import type { Warning } from '../core/warning.js';

/** Warnings of one code as one, with the first one's words. */
export interface CountedWarning extends Pick<Warning, 'code' | 'message'> {
  readonly count: number;
}

/** Counts warnings by code, in the order in which the codes first came; those counted before bring their counts. */
export function countWarnings(
  warnings: Iterable<Pick<Warning, 'code' | 'message'> & { readonly count?: number }>,
): CountedWarning[] {
  const counted = new Map<string, CountedWarning>();
  for (const { code, message, count = 1 } of warnings) {
    const known = counted.get(code);
    counted.set(code, { code, message: known?.message ?? message, count: (known?.count ?? 0) + count });
  }
  return [...counted.values()];
}
