import { expect, test } from 'vitest';
import { flagNames, spellFlag } from '../../../src/surfaces/cli/spell-flag.js';
import { rankforge } from '../../e2e/run-in-process.js';

test('every flag that a hint may name is a flag of some command', async () => {
  const { stdout } = await rankforge(['--help']);
  const commands = [...stdout.matchAll(/^ {2}([a-z]+)\b/gm)].map(([, name]) => name!);
  expect(commands).toContain('rerank');
  let help = '';
  for (const command of commands) help += (await rankforge([command, '--help'])).stdout;
  for (const name of Object.values(flagNames)) {
    const [flag] = /^--[\w-]+/.exec(name) ?? [];
    if (flag !== undefined) expect(help).toMatch(new RegExp(`^ +${flag} `, 'm'));
  }
});

test('a flag stands before its value', () => {
  expect(spellFlag('contextSize')).toBe('--context');
  expect(spellFlag('onFailure', 'keep')).toBe('--on-failure keep');
});

test.each([
  { line: ['serve', '--host', '0.0.0.0'], hint: /--api-key-file or RANKFORGE_API_KEY; --allow-open/ },
  { line: ['serve', '--reranker', 'package.json'], hint: /--compare student:DIR/ },
  { line: ['plan', '--compare', 'oracle'], hint: /Give --qrels\./ },
])('$line is told in flags', async ({ line, hint }) => {
  expect((await rankforge(line)).stderr).toMatch(hint);
});
