import { normalize, sep } from 'node:path';

/** What runs are called: their files' names, with as many folders before them as tell them apart. Cards name them, so no more of a path than that. */
export function runNames(paths: readonly string[]): string[] {
  const split = paths.map((path) => normalize(path).split(sep));
  const lastOf = (parts: readonly string[], count: number): string => parts.slice(-count).join(sep);
  return split.map((parts) => {
    const enough = parts.findIndex(
      (_, at) => split.filter((other) => lastOf(other, at + 1) === lastOf(parts, at + 1)).length === 1,
    );
    return enough < 0 ? parts.join(sep) : lastOf(parts, enough + 1);
  });
}
