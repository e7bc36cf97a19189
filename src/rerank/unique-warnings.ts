import type { Warning } from '../core/warning.js';

/** Equal warnings once, with how often they came. */
export function uniqueWarnings(warnings: readonly Warning[]): Warning[] {
  const counts = new Map<string, number>();
  for (const warning of warnings) {
    const key = JSON.stringify(warning);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, count]) => {
    const warning = JSON.parse(key) as Warning;
    return count === 1 ? warning : { ...warning, message: `${warning.message} (${count} times)` };
  });
}
