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

/**
 * The messages of a prompt. Values are put in as they are and never read as template code.
 * @throws RankforgeError `bad-file` when a value that the template needs or names is missing
 */
export function renderPrompt(
  template: PromptTemplate,
  values: Readonly<Record<string, unknown>>,
): { role: 'system' | 'user'; content: string }[] {
  const missing = template.needs.filter((name) => values[name] === undefined);
  if (missing.length > 0) {
    throw new RankforgeError('bad-file', `Prompt ${template.id} needs ${missing.join(', ')}`, {
      where: template.id,
      hint: 'Give every value named in the template\'s "needs".',
    });
  }
  const render = (part: 'system' | 'body'): string => {
    try {
      return (liquid.renderSync(parsedParts(template)[part], values) as string).trim();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new RankforgeError('bad-file', `Prompt ${template.id} cannot be filled in: ${reason}`, {
        where: template.id,
        hint: `Use only the values that this prompt is given: ${Object.keys(values).join(', ')}.`,
        cause,
      });
    }
  };
  const user = { role: 'user' as const, content: render('body') };
  return template.system ? [{ role: 'system', content: render('system') }, user] : [user];
}
