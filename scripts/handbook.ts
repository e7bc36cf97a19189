// Cuts docs/ into the passages of the bundled sample: `npx tsx scripts/handbook.ts`, with `--check` to compare only.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface HandbookPassage {
  /** Page path without `.md`, then `#` and the heading's slug, then `-2`, `-3` … for the later parts of a long section. */
  readonly _id: string;
  readonly title: string;
  readonly text: string;
}

const root = fileURLToPath(new URL('../', import.meta.url));
const corpusPath = join(root, 'datasets/handbook/corpus.jsonl');
// The table of contents is only links, and the benchmark page changes with every machine.
const leftOut = new Set(['README.md', 'benchmarks.md', 'design.md']);
/** Words below which an introduction, or a headed section, joins the section after it. */
const shortest = { introduction: 60, section: 35 };
const longest = 220;

interface Section {
  readonly heading: string | undefined;
  readonly lines: readonly string[];
}

const countWords = (text: string): number => text.split(/\s+/).filter(Boolean).length;

/** GitHub's anchor of a heading: lower case, punctuation dropped, spaces to hyphens. */
const slugOf = (heading: string): string =>
  plainLine(heading)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

/** One line of Markdown as plain text: links keep their text, emphasis and code marks go, table cells are joined by semicolons. */
function plainLine(line: string): string {
  if (/^\s*\|[\s:|-]+\|\s*$/.test(line)) return '';
  const cells = /^\s*\|(.*)\|\s*$/.exec(line);
  const text = cells
    ? cells[1]!
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim())
        .filter(Boolean)
        .join('; ')
    : line;
  return text
    .replace(/!?\[((?:[^\][]|\[[^\][]*\])*)\]\((?!\s)[^()\s]+\)/g, '$1')
    .replace(/\*\*([^*]+)\*\*/g, '$1')
    .replace(/(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])/g, '$1')
    .replace(/`([^`]*)`/g, '$1')
    .replaceAll('\\|', '|')
    .replace(/^\s*(?:[-*]|>)\s+/, '')
    .trimEnd();
}

/** Markdown lines as paragraphs of plain text; a code block stays in the paragraph it follows. */
function paragraphs(lines: readonly string[]): string[] {
  const found: string[] = [];
  let open: string[] = [];
  let inCode = false;
  const close = () => {
    if (open.length > 0) found.push(open.join('\n'));
    open = [];
  };
  for (const line of lines) {
    if (/^\s*```/.test(line)) {
      if (!inCode && open.length === 0 && found.length > 0) open = [found.pop()!];
      inCode = !inCode;
    } else if (inCode) open.push(line);
    else if (line.trim() === '') close();
    else {
      const text = plainLine(line);
      if (text) open.push(text);
    }
  }
  close();
  return found;
}

function sectionsOf(markdown: string): { title: string; sections: Section[] } {
  let title = '';
  const sections: { heading: string | undefined; lines: string[] }[] = [{ heading: undefined, lines: [] }];
  let inCode = false;
  for (const line of markdown.split(/\r?\n/)) {
    if (/^\s*```/.test(line)) inCode = !inCode;
    const heading = inCode ? null : /^(#{1,4})\s+(.+?)\s*$/.exec(line);
    if (!heading) sections.at(-1)!.lines.push(line);
    else if (heading[1]!.length === 1) title = plainLine(heading[2]!);
    else sections.push({ heading: heading[2]!, lines: [] });
  }
  return { title, sections };
}

/** Neighbouring paragraphs in as few parts as hold at most `longest` words each. */
function split(parts: readonly string[]): string[] {
  const groups: string[] = [];
  for (const part of parts) {
    const last = groups.at(-1);
    if (last !== undefined && countWords(last) + countWords(part) <= longest)
      groups[groups.length - 1] = `${last}\n\n${part}`;
    else groups.push(part);
  }
  return groups;
}

/**
 * The passages of one page, one a heading: a short introduction or section joins the next one (the last joins the
 * one before), one of more than 220 words is split between paragraphs.
 * @param page path below docs/ without `.md`
 * @throws Error when the page has no title or two headings with one slug
 */
export function cutPage(page: string, markdown: string): HandbookPassage[] {
  const { title, sections } = sectionsOf(markdown);
  if (!title) throw new Error(`docs/${page}.md has no title: begin it with "# Title".`);
  const slugs = new Set<string>();
  const cut: { heading: string | undefined; parts: string[] }[] = [];
  let carried: { heading: string | undefined; parts: string[] } | undefined;
  for (const { heading, lines } of sections) {
    if (heading !== undefined) {
      const slug = slugOf(heading);
      if (slugs.has(slug))
        throw new Error(
          `docs/${page}.md has two headings "${heading}": rename one, or their passages share an id.`,
        );
      slugs.add(slug);
    }
    const own = paragraphs(lines);
    // A carried introduction belongs to the page, so the heading it joins still names the passage.
    const parts = carried
      ? [...carried.parts, ...(carried.heading && heading ? [plainLine(heading), ...own] : own)]
      : own;
    const named = carried?.heading ?? heading;
    carried = undefined;
    const least = named === undefined ? shortest.introduction : shortest.section;
    if (countWords(parts.join(' ')) < least) carried = { heading: named, parts };
    else cut.push({ heading: named, parts });
  }
  if (carried && carried.parts.length > 0) {
    const last = cut.at(-1);
    if (last) last.parts.push(...(carried.heading ? [plainLine(carried.heading)] : []), ...carried.parts);
    else cut.push(carried);
  }
  return cut.flatMap(({ heading, parts }) =>
    split(parts).map((text, index) => ({
      _id: `${page}${heading === undefined ? '' : `#${slugOf(heading)}`}${index === 0 ? '' : `-${index + 1}`}`,
      title: heading === undefined ? title : `${title} › ${plainLine(heading)}`,
      text,
    })),
  );
}

/** Every passage of docs/, pages in order of their paths. */
export function cutHandbook(): HandbookPassage[] {
  const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.md') && !leftOut.has(name))
    .sort();
  const passages = pages.flatMap((name) =>
    cutPage(name.slice(0, -3), readFileSync(join(root, 'docs', name), 'utf8')),
  );
  const seen = new Set<string>();
  for (const { _id } of passages) {
    if (seen.has(_id)) throw new Error(`Two passages of docs/ have the id ${_id}: rename a heading.`);
    seen.add(_id);
  }
  return passages;
}

/** The corpus file's text, BEIR layout. */
export const handbookCorpus = (): string =>
  cutHandbook()
    .map((passage) => `${JSON.stringify(passage)}\n`)
    .join('');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const fresh = handbookCorpus();
  if (!process.argv.includes('--check')) {
    writeFileSync(corpusPath, fresh);
    console.error(`${fresh.split('\n').length - 1} passages`);
  } else if (readFileSync(corpusPath, 'utf8').replaceAll('\r\n', '\n') !== fresh) {
    console.error('datasets/handbook/corpus.jsonl is stale: run npm run handbook.');
    process.exitCode = 1;
  }
}
