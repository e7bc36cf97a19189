import { words } from '../words.js';

/** The lines of a prompt, without what it was filled with, as what a query must not repeat of them. */
export interface PromptLines {
  /** What it tells the model. */
  readonly asked: EchoedRuns;
  /** Its examples: passages and queries. */
  readonly shown: EchoedRuns;
}

/** Every five words in a row of some lines, and each shorter line whole; words are joined by spaces. */
export type EchoedRuns = ReadonlySet<string>;

const runLength = 5;

/** Takes a rendered prompt apart: what stands between tags, and the values of lines such as `{"question search": "…"}`, are examples. */
export function promptLines(promptText: string): PromptLines {
  const asked = new Set<string>();
  const shown = new Set<string>();
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

function add(runs: Set<string>, line: string): void {
  for (const run of runsOf(words(line))) runs.add(run);
}

/** Whether a query repeats five words in a row of a line, or a whole one. */
export const repeats = (found: readonly string[], runs: EchoedRuns): boolean =>
  runsOf(found).some((run) => runs.has(run));

function runsOf(found: readonly string[]): string[] {
  if (found.length === 0) return [];
  const count = Math.max(1, found.length - runLength + 1);
  return Array.from({ length: count }, (_, at) => found.slice(at, at + runLength).join(' '));
}
