import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Liquid, type Template } from 'liquidjs';
import { parse } from 'yaml';
import { z } from 'zod';
import { fromFileError, RankforgeError } from '../core/errors.js';
import { sha256 } from '../core/hash.js';
import { unknownName } from '../core/names.js';

const Header = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]+\/[a-z0-9-]+$/),
  version: z.number().int().positive(),
  /** Names of the values the template needs; checked when it is rendered. */
  needs: z.array(z.string()),
  /** A reply of the form the prompt asks for: the parser's first test case. */
  reply: z.string(),
  source: z.string(),
  system: z.string().optional(),
});

/** A versioned prompt: data, not code. */
export interface PromptTemplate extends z.infer<typeof Header> {
  /** SHA-256 of the whole file: goes into provenance. */
  readonly hash: string;
  readonly body: string;
}

const liquid = new Liquid({ strictVariables: true, strictFilters: true, ownPropertyOnly: true });

/** Reads a template's text: YAML between `---` lines, then a Liquid body. @throws RankforgeError `bad-file` */
export function parseTemplate(text: string, where: string): PromptTemplate {
  const bad = (reason: string, hint: string, cause?: unknown): RankforgeError =>
    new RankforgeError('bad-file', `${where} is not a prompt template: ${reason}`, { where, hint, cause });
  const headerHint = 'Begin the file with a YAML block between --- lines: id, version, needs, reply, source.';
  const [, yaml, body] = /^---\r?\n([\s\S]*?)\r?\n---\r?\n([\s\S]*)$/.exec(text) ?? [];
  if (yaml === undefined || body === undefined) throw bad('it has no header', headerHint);
  const attempt = <T>(read: () => T, hint: string): T => {
    try {
      return read();
    } catch (error) {
      throw bad(error instanceof Error ? error.message : String(error), hint, error);
    }
  };
  const header = Header.safeParse(attempt(() => parse(yaml), headerHint));
  if (!header.success) throw bad(z.prettifyError(header.error), headerHint);
  for (const part of [header.data.system ?? '', body])
    attempt(() => liquid.parse(part), 'Correct the Liquid tags of the template.');
  return { ...header.data, hash: sha256(text), body: body.trim() };
}

const folder = fileURLToPath(new URL('../../prompts/', import.meta.url));
const loaded = new Map<string, PromptTemplate>();

/** The bundled template of an id such as `rerank/listwise`. @throws RankforgeError `unknown-name` */
export function loadPrompt(id: string): PromptTemplate {
  const known = loaded.get(id);
  if (known) return known;
  const ids = listPrompts();
  if (!ids.includes(id)) throw unknownName(id, ids, 'prompt');
  const template = readTemplate(`${folder}${id}.md`);
  loaded.set(id, template);
  return template;
}

/** A template from a file of the user's. @throws RankforgeError `missing-file`, `bad-file` */
export function readTemplate(path: string): PromptTemplate {
  try {
    return parseTemplate(readFileSync(path, 'utf8'), path);
  } catch (error) {
    throw fromFileError(error, path);
  }
}

/** The ids of the bundled templates. */
export function listPrompts(): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => name.replaceAll('\\', '/').slice(0, -3))
    .sort();
}

// Parsing costs more than filling in, and the same few templates are filled in thousands of times.
const parsed = new WeakMap<PromptTemplate, { readonly system: Template[]; readonly body: Template[] }>();

function parsedParts(template: PromptTemplate) {
  const known = parsed.get(template);
  if (known) return known;
  const parts = { system: liquid.parse(template.system ?? ''), body: liquid.parse(template.body) };
  parsed.set(template, parts);
  return parts;
}

/** What a model is told. */
type PromptMessage = { role: 'system' | 'user'; content: string };

/**
 * The messages of a prompt. Values are put in as they are and never read as template code.
 * @throws RankforgeError `bad-file` when a value that the template needs or names is missing
 */
export function renderPrompt(
  template: PromptTemplate,
  values: Readonly<Record<string, unknown>>,
): PromptMessage[] {
  return trimmed(render(template, values));
}

/**
 * A prompt some of whose texts change from call to call: `renderPrompt` with all values, in a tenth of the time where the
 * template does no more with those texts than to put them in.
 * @param values those that stay
 * @param names of the texts that change
 * @throws RankforgeError `bad-file` when a value that the template needs or names is missing
 */
export function preparePrompt<Name extends string>(
  template: PromptTemplate,
  values: Readonly<Record<string, unknown>>,
  names: readonly Name[],
): (texts: Readonly<Record<Name, string>>) => PromptMessage[] {
  if (!names.every((name) => onlyPutsIn(template, name)))
    return (texts) => renderPrompt(template, { ...values, ...texts });
  const marks = Object.fromEntries(names.map((name) => [name, `${mark}${name}${mark}`]));
  const frames = render(template, { ...values, ...marks }).map(({ role, content }) => ({
    role,
    pieces: content.split(mark),
  }));
  return (texts) =>
    trimmed(
      frames.map(({ role, pieces }) => ({
        role,
        // Names stand between two marks: at every second place.
        content: pieces.map((piece, at) => (at % 2 === 0 ? piece : texts[piece as Name])).join(''),
      })),
    );
}

/** Stands in no text that anybody else wrote. */
const mark = randomUUID();

/** Whether every tag that speaks of a value is a plain `{{ name }}`, and no other passes rendered text on: no filter, condition, loop or capture. */
function onlyPutsIn(template: PromptTemplate, name: string): boolean {
  const mentions = new RegExp(`(?<![.\\w-])${name}(?![\\w-])`);
  const plain = new RegExp(`^\\{\\{-?\\s*${name}\\s*-?\\}\\}$`);
  const known = /^\{(?:\{|%-?\s*(?:if|elsif|else|endif|unless|endunless|for|endfor|case|when|endcase)\b)/;
  const tags = `${template.system ?? ''}${template.body}`.match(/\{\{.*?\}\}|\{%.*?%\}/gs) ?? [];
  return tags.every((tag) => known.test(tag) && (!mentions.test(tag) || plain.test(tag)));
}

const trimmed = (messages: readonly PromptMessage[]): PromptMessage[] =>
  messages.map(({ role, content }) => ({ role, content: content.trim() }));

function render(template: PromptTemplate, values: Readonly<Record<string, unknown>>): PromptMessage[] {
  const missing = template.needs.filter((name) => values[name] === undefined);
  if (missing.length > 0) {
    throw new RankforgeError('bad-file', `Prompt ${template.id} needs ${missing.join(', ')}`, {
      where: template.id,
      hint: 'Give every value named in the template\'s "needs".',
    });
  }
  const fill = (part: 'system' | 'body'): string => {
    try {
      return liquid.renderSync(parsedParts(template)[part], values) as string;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new RankforgeError('bad-file', `Prompt ${template.id} cannot be filled in: ${reason}`, {
        where: template.id,
        hint: `Use only the values that this prompt is given: ${Object.keys(values).join(', ')}.`,
        cause,
      });
    }
  };
  const user = { role: 'user' as const, content: fill('body') };
  return template.system ? [{ role: 'system', content: fill('system') }, user] : [user];
}
