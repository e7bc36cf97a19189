import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openModel } from '../../src/models/open-model.js';
import { openaiFeatures } from '../../src/models/openai/features.js';
import { chatReply, startScriptedServer } from '../fixtures/scripted-server.js';
import { tinyGguf } from '../fixtures/tiny-gguf.js';

const ask = { messages: [{ role: 'user' as const, content: 'Which?' }], maxTokens: 4 };

beforeEach(() => {
  for (const name of ['OPENAI_BASE_URL', 'OPENAI_API_KEY', 'HF_TOKEN']) vi.stubEnv(name, '');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

test.each([
  { name: 'smolm2-135m-instruct', code: 'unknown-name', hint: /Did you mean "smollm2-135m-instruct"/ },
  { name: 'something-else-entirely', code: 'unknown-name', hint: /Known: .*qwen2\.5-coder-1\.5b-instruct/ },
  { name: 'opena:gpt', code: 'unknown-name', hint: /Did you mean "openai"/ },
  { name: 'all-minilm-l6-v2', code: 'usage', hint: /smollm2-135m-instruct/ },
  { name: 'openai:gpt', code: 'refused-key', hint: /OPENAI_API_KEY/ },
  { name: 'huggingface:org/m', code: 'refused-key', hint: /HF_TOKEN/ },
  { name: '/no/such/model.gguf', code: 'missing-file', hint: /path/ },
])('$name is $code', async ({ name, code, hint }) => {
  await expect(openModel(name)).rejects.toMatchObject({ code, hint: expect.stringMatching(hint) });
});

test.each([
  { name: 'openai:m', suffix: '/v1', variables: { OPENAI_API_KEY: 'k' } },
  { name: 'huggingface:m', suffix: '', variables: { HF_TOKEN: 'k' } },
])('$name speaks to the server with the key of the environment', async ({ name, suffix, variables }) => {
  for (const [variable, value] of Object.entries(variables)) vi.stubEnv(variable, value);
  await using server = await startScriptedServer(() => chatReply('hello'));
  await using model = await openModel(name, {
    baseUrl: `${server.url}${suffix}`,
    features: openaiFeatures,
    contextSize: 1000,
  });
  await expect(model.generate(ask)).resolves.toMatchObject({ text: 'hello' });
  expect(model).toMatchObject({ id: `${name}@${server.url}${suffix}`, contextSize: 1000 });
  expect(server.chats()[0]!.headers.authorization).toBe('Bearer k');
});

test('OPENAI_BASE_URL names the server', async () => {
  await using server = await startScriptedServer(() => chatReply('hello'));
  vi.stubEnv('OPENAI_BASE_URL', server.baseUrl);
  await using model = await openModel('openai:m', { features: openaiFeatures });
  await expect(model.generate(ask)).resolves.toMatchObject({ text: 'hello' });
});

test('the path of a GGUF file opens it here', async () => {
  await using model = await openModel(await tinyGguf(), { contextSize: 128, threads: 1 });
  expect(model.capabilities.nextToken).toBe('exact');
  expect((await model.generate(ask)).usage.outputTokens).toBeGreaterThan(0);
});
