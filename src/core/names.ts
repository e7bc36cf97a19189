import { closest, distance } from 'fastest-levenshtein';
import { type ErrorCode, RankforgeError } from './errors.js';

/** The known name nearest to a misspelt one, or undefined when none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const best = closest(name, known);
  return distance(name, best) <= Math.max(2, Math.floor(name.length / 3)) ? best : undefined;
}

/** The entry of a registry by exact name. @throws RankforgeError `unknown-name` with the nearest right one */
export function lookUp<T>(registry: Readonly<Record<string, T>>, name: string, kind: string): T {
  if (Object.hasOwn(registry, name)) return registry[name]!;
  throw unknownName(name, Object.keys(registry), kind);
}

/** The error for a name that is not known. */
export function unknownName(
  name: string,
  known: readonly string[],
  kind: string,
  code: ErrorCode = 'unknown-name',
): RankforgeError {
  const near = nearestName(name, known);
  return new RankforgeError(code, `There is no ${kind} "${name}"`, {
    where: name,
    hint: near ? `Did you mean "${near}"?` : `Known: ${known.join(', ')}.`,
  });
}

/** The first name that was given before. */
export function repeatedName(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}
