import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LanguageModel } from '../../src/models/language-model.js';
import { openLlama } from '../../src/models/llama/llama-model.js';
import { openaiFeatures } from '../../src/models/openai/features.js';
import { openOpenai } from '../../src/models/openai/openai-model.js';
import { tinyGguf } from '../fixtures/tiny-gguf.js';

/** llama.cpp's server comes with the Python package xllamacpp; RANKFORGE_PYTHON names a Python that has it. */
const python = process.env.RANKFORGE_PYTHON ?? 'python3';
const present = spawnSync(python, ['-c', 'import xllamacpp'], { stdio: 'ignore' }).status === 0;
const script = fileURLToPath(new URL('./llama-server.py', import.meta.url));
const contextSize = 512;

describe.skipIf(!present)("llama.cpp's own server (needs Python with xllamacpp)", () => {
  let child: ChildProcess;
  let baseUrl: string;
  let remote: LanguageModel;
  let local: LanguageModel;

  beforeAll(async () => {
    const path = await tinyGguf();
    child = spawn(python, [script, path, String(contextSize)], { stdio: ['pipe', 'pipe', 'ignore'] });
    const address = await new Promise<string>((resolve, reject) => {
      createInterface(child.stdout!).once('line', resolve);
      child.once('exit', (code) => reject(new Error(`The server ended with ${code}`)));
    });
    baseUrl = `${address}/v1`;
    remote = await openOpenai({ model: 'tiny', baseUrl });
    local = await openLlama({
      weights: { id: 'tiny', path, sha256: 'tiny' },
      contextSize,
      threads: 1,
      gpu: false,
    });
  });
  afterAll(async () => {
    await remote?.[Symbol.asyncDispose]();
    await local?.[Symbol.asyncDispose]();
    child?.kill();
  });

  const messages = [
    { role: 'system' as const, content: 'Order the passages.' },
    {
      role: 'user' as const,
      content: 'query: water and energy\n[A] the best way\n[B] a student learns\n[C] which documents',
    },
  ];
  const plain = ['A', 'B', 'C', 'O', 'Q', 'Z'];
  const bracketed = ['A', 'B', 'C', 'Z'].map((letter) => `[${letter}] > [`);

  test('what it can do is detected', () => {
    expect(remote).toMatchObject({
      contextSize,
      capabilities: { nextToken: 'exact', likelihood: true, prefill: true, schema: true, seed: true },
    });
  });

  test.each([
    { style: 'plain letters', replies: plain },
    { style: 'brackets', replies: bracketed },
    { style: 'after a shared start', replies: ['score 1', 'score 2', 'score 3'] },
    { style: 'more labels than are asked for one by one', replies: [...'abcdefghijklmnopqrstuvwxyz'] },
  ])(
    'labels have the log-probabilities that the model in this process gives: $style',
    async ({ replies }) => {
      const [there, here] = await Promise.all([
        remote.nextToken({ messages, replies }),
        local.nextToken({ messages, replies }),
      ]);
      expect(there.warnings).toBeUndefined();
      for (const [index, value] of here.logProbabilities.entries()) {
        expect(Math.abs(there.logProbabilities[index]! - value!)).toBeLessThan(0.005);
      }
      expect(there.mass).toBeCloseTo(here.mass, 3);
      expect(there.usage.promptTokens).toBe(here.usage.promptTokens);
    },
  );

  test.each(['water and energy', 'x', 'the best way to write a query'])(
    'the likelihood of "%s" is the same',
    async (continuation) => {
      const [there, here] = await Promise.all([
        remote.likelihood({ messages, continuation }),
        local.likelihood({ messages, continuation }),
      ]);
      expect(there.tokens).toBe(here.tokens);
      expect(Math.abs(there.logProbability - here.logProbability)).toBeLessThan(0.005 * here.tokens);
    },
  );

  test('labels of which two begin with one token are told apart by neither', async () => {
    const replies = ['A', 'O', 'Q'].map((letter) => `[${letter}] > [`);
    expect([remote.tellsApart(replies), local.tellsApart(replies)]).toEqual([false, false]);
    expect([remote.tellsApart(plain), local.tellsApart(plain)]).toEqual([true, true]);
    await expect(remote.nextToken({ messages, replies })).rejects.toMatchObject({ code: 'ambiguous-labels' });
  });

  test('a chat is the same, started or not', async () => {
    for (const request of [
      { messages, maxTokens: 8 },
      { messages, maxTokens: 8, prefill: 'the ' },
    ]) {
      const [there, here] = await Promise.all([remote.generate(request), local.generate(request)]);
      expect(there.finish).toBe(here.finish);
      expect(there.text).toBe(here.text);
    }
  });

  test('a schema is enforced', async () => {
    const schema = {
      type: 'object',
      properties: { grade: { type: 'integer', enum: [0, 1, 2, 3] }, ok: { type: 'boolean' } },
      required: ['grade', 'ok'],
      additionalProperties: false,
    };
    const { text } = await remote.generate({ messages, maxTokens: 100, schema });
    expect(JSON.parse(text)).toEqual({ grade: expect.any(Number), ok: expect.any(Boolean) });
  });

  test('the plain chat route shows its most probable tokens, more than OpenAI does', async () => {
    const model = await openOpenai({
      model: 'tiny',
      baseUrl,
      features: { ...openaiFeatures, prefill: true, topLogprobs: 2000 },
    });
    const replies = ['A', 'B', 'C'];
    const [byText, byToken] = await Promise.all([
      model.nextToken({ messages, replies }),
      remote.nextToken({ messages, replies }),
    ]);
    for (const [index, value] of byToken.logProbabilities.entries()) {
      // By text, ` A` and `A` are one label: never less than the token alone.
      expect(byText.logProbabilities[index]!).toBeGreaterThan(value! - 0.005);
    }
  });

  test('a prompt that does not fit is a context overflow', async () => {
    const long = [{ role: 'user' as const, content: 'water and energy '.repeat(contextSize) }];
    await expect(remote.generate({ messages: long, maxTokens: 4 })).rejects.toMatchObject({
      code: 'context-overflow',
    });
    await expect(remote.nextToken({ messages: long, replies: plain })).rejects.toMatchObject({
      code: 'context-overflow',
    });
  });
});
