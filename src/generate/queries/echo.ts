import { longestSharedRun, words } from '../words.js';

/** The words of a prompt, line by line, without what it was filled with. */
export interface PromptLines {
  /** What it tells the model. */
  readonly asked: readonly (readonly string[])[];
  /** Its examples: passages and queries. */
  readonly shown: readonly (readonly string[])[];
}

/** Takes a rendered prompt apart: what stands between tags, and the values of lines such as `{"question search": "…"}`, are examples. */
export function promptLines(promptText: string): PromptLines {
  const asked: string[][] = [];
  const shown: string[][] = [];
  let inside = false;
  for (const line of promptText.split('\n')) {
    const tag = /^<(\/?)(?:passage|topic)>$/.exec(line.trim());
    if (tag) {
      inside = tag[1] === '';
      continue;
    }
    if (inside) add(shown, line);
    else if (line.startsWith('{"')) for (const value of valuesOf(line)) add(shown, value);
    else add(asked, line);
  }
  return { asked, shown };
}

/** The texts of an example, without its names. A line that is no JSON is one text. */
function valuesOf(line: string): string[] {
  try {
    return Object.values(JSON.parse(line) as object)
      .flat()
      .map(String);
  } catch {
    return [line];
  }
}

function add(lines: string[][], text: string): void {
  const found = words(text);
  if (found.length > 0) lines.push(found);
}

/** Whether a query repeats five words in a row of a line, or a whole one. */
export const repeats = (found: readonly string[], lines: readonly (readonly string[])[]): boolean =>
  lines.some((line) => {
    const shared = longestSharedRun(found, line);
    return shared >= 5 || (shared === found.length && shared === line.length);
  });
