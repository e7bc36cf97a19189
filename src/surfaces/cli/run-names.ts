import { basename } from 'node:path';

/** What runs are called: their files' names, or the whole path where two are called alike. */
export function runNames(paths: readonly string[]): string[] {
  const names = paths.map((path) => basename(path));
  return paths.map((path, index) => {
    const name = names[index]!;
    return names.indexOf(name) === names.lastIndexOf(name) ? name : path;
  });
}
