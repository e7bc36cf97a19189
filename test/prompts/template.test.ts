import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  listPrompts,
  loadPrompt,
  parseTemplate,
  preparePrompt,
  readTemplate,
  renderPrompt,
} from '../../src/prompts/template.js';

const header = 'id: test/one\nversion: 1\nneeds: [name]\nreply: "yes"\nsource: ours';
const text = (body: string, head = header) => `---\n${head}\n---\n${body}`;

test('a template is its header, its body and the hash of all of it', () => {
  const template = parseTemplate(text('Hello {{ name }}.\n'), 'one.md');
  expect(template).toMatchObject({
    id: 'test/one',
    version: 1,
    needs: ['name'],
    reply: 'yes',
    source: 'ours',
    body: 'Hello {{ name }}.',
  });
  expect(template.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(parseTemplate(text('Hello {{ name }}!'), 'one.md').hash).not.toBe(template.hash);
});

test('Windows line ends are read too', () => {
  expect(parseTemplate(text('Hello').replaceAll('\n', '\r\n'), 'one.md').body).toBe('Hello');
});

describe('a file that is no template is an error that names it', () => {
  test.each([
    ['no header', 'Hello'],
    ['an unclosed header', `---\n${header}\nHello`],
    ['an empty file', ''],
    ['an empty header', '---\n\n---\nHello'],
    ['a missing field', text('x', header.replace('reply: "yes"\n', ''))],
    ['a misspelt field', text('x', `${header}\nnedes: [name]`)],
    ['a wrong version', text('x', header.replace('version: 1', 'version: one'))],
    ['version 0', text('x', header.replace('version: 1', 'version: 0'))],
    ['an id without a folder', text('x', header.replace('test/one', 'one'))],
    ['an id that leaves the folder', text('x', header.replace('test/one', '../one'))],
    ['needs that are no list', text('x', header.replace('[name]', 'name'))],
    ['a header that is no YAML', text('x', header.replace('[name]', '[name'))],
    ['a tag that is not closed', text('Hello {{ name')],
    ['a block that is not closed', text('{% if name %}Hello')],
    ['an unknown filter in the system message', text('x', `${header}\nsystem: "{{ name | shout }}"`)],
  ])('%s', (_, content) => {
    expect(() => parseTemplate(content, 'dir/one.md')).toThrow(
      expect.objectContaining({ code: 'bad-file', where: 'dir/one.md' }),
    );
  });
});

test('a missing value is named, an empty one is fine', () => {
  const template = parseTemplate(
    text('Hello {{ name }}{{ other }}', header.replace('[name]', '[name, other]')),
    'one.md',
  );
  expect(() => renderPrompt(template, { name: 'x' })).toThrow(
    expect.objectContaining({
      code: 'bad-file',
      where: 'test/one',
      message: expect.stringContaining('other'),
    }),
  );
  expect(renderPrompt(template, { name: 'x', other: '' })).toEqual([{ role: 'user', content: 'Hello x' }]);
});

test('a value that the template names and nobody gives is an error too', () => {
  const template = parseTemplate(text('Hello {{ nmae }}'), 'one.md');
  expect(() => renderPrompt(template, { name: 'x' })).toThrow(
    expect.objectContaining({ code: 'bad-file', message: expect.stringContaining('nmae') }),
  );
});

test('a system text comes first', () => {
  const template = parseTemplate(
    text('Hello {{ name }}', `${header}\nsystem: You greet {{ name }}.`),
    'one.md',
  );
  expect(renderPrompt(template, { name: 'Ada' })).toEqual([
    { role: 'system', content: 'You greet Ada.' },
    { role: 'user', content: 'Hello Ada' },
  ]);
});

describe('values are data', () => {
  const template = parseTemplate(text('Hello {{ name }}.'), 'one.md');
  test.each([
    '{{ name }}',
    '{% if true %}x{% endif %}',
    '{% raw %}',
    '{{',
    '%}',
    '{{ "a" | upcase }}',
    '{% include "x" %}',
    '<b>&amp;</b>',
    '---\nid: x\n---',
  ])('%j', (name) => {
    expect(renderPrompt(template, { name })[0]!.content).toBe(`Hello ${name}.`);
  });

  test('any text comes out as it went in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        expect(renderPrompt(template, { name })[0]!.content).toBe(`Hello ${name}.`);
      }),
    );
  });
});

describe('a prompt prepared for texts that change is the prompt rendered with them', () => {
  test.each([
    'Hello {{ name }}.',
    '{{name}}',
    'a {{- name -}} b',
    '{{ name | upcase }}',
    '{{ other.name }} {{ name }} {{ name }}',
    '{% if name == "" %}nobody{% else %}{{ name }}{% endif %}',
    '{% for one in others %}{{ one }} {{ name }}{% endfor %}',
    '{% for name in others %}{{ name }}{% endfor %}{{ name }}',
    '{% capture greeting %}{{ name }}{% endcapture %}{{ greeting | upcase }}',
    '{% assign greeted = name %}{{ greeted }}',
    '{% assign name = "x" %}{{ name }}',
    '{% raw %}{{ name }}{% endraw %}{{ name }}',
    '{% liquid\n echo name %}',
  ])('%s', (body) => {
    const template = parseTemplate(text(body, `${header}\nsystem: You greet {{ name }}.`), 'one.md');
    const fixed = { other: { name: 'Eve' }, others: ['x', 'y'] };
    const fill = preparePrompt(template, fixed, ['name']);
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', ' x ', '{{ name }}')),
        (name) => {
          expect(fill({ name })).toEqual(renderPrompt(template, { ...fixed, name }));
        },
      ),
    );
  });

  test('with what it needs missing it is the same error', () => {
    const template = parseTemplate(text('{{ name }}{{ other }}'), 'one.md');
    expect(() => preparePrompt(template, {}, ['name'])).toThrow(
      expect.objectContaining({ code: 'bad-file', message: expect.stringContaining('other') }),
    );
  });
});

describe('files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rankforge-prompts-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("a user's file is read; a missing one is an error", async () => {
    const path = join(folder, 'mine.md');
    await writeFile(path, text('Hello {{ name }}'));
    expect(readTemplate(path).id).toBe('test/one');
    expect(() => readTemplate(join(folder, 'other.md'))).toThrow(
      expect.objectContaining({ code: 'missing-file' }),
    );
  });

  test('an unknown id gets the nearest right one', () => {
    expect(() => loadPrompt('rerank/listwize')).toThrow(
      expect.objectContaining({ code: 'unknown-name', hint: expect.stringContaining('rerank/listwise') }),
    );
  });
});

describe('bundled prompts', () => {
  test.each(listPrompts())('%s loads under its own id, and says where it comes from', (id) => {
    const template = loadPrompt(id);
    expect(template.id).toBe(id);
    expect(template.source).not.toBe('');
    expect(template.reply).not.toBe('');
    expect(loadPrompt(id)).toBe(template);
  });
});
