import { getEventListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { RankforgeError } from '../../../src/core/errors.js';
import { behindDoor } from '../../../src/models/door/behind-door.js';
import { createBudget } from '../../../src/models/door/budget.js';
import { type Ledger, openLedger } from '../../../src/models/door/ledger.js';
import { createLimits } from '../../../src/models/door/limits.js';
import { createMeter } from '../../../src/models/door/meter.js';
import { stubLanguageModel } from '../../fixtures/stub-model.js';

let folder: string;
let ledger: Ledger;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankforge-door-'));
});
beforeEach(async () => {
  await ledger?.[Symbol.asyncDispose]();
  ledger = await openLedger(join(folder, String(count++)));
});
afterAll(async () => {
  await ledger[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const ask = (content: string, sample?: number) => ({
  messages: [{ role: 'user' as const, content }],
  maxTokens: 8,
  ...(sample === undefined ? {} : { sample }),
});

test('an answered call is answered from the ledger, at no cost, with the same key', async () => {
  const stub = stubLanguageModel();
  const meter = createMeter();
  const model = behindDoor(stub, { ledger, meter });
  const first = await model.generate(ask('a'));
  const second = await model.generate({ ...ask('a'), temperature: 0, prefill: '', stop: [], sample: 0 });
  expect(second).toEqual({
    ...first,
    usage: { calls: 1, cachedCalls: 1, promptTokens: 0, outputTokens: 0, usd: 0 },
  });
  expect(first.key).toMatch(/^[0-9a-f]{64}$/);
  expect(stub.calls).toBe(1);
  expect(meter.total).toEqual({ calls: 2, cachedCalls: 1, promptTokens: 10, outputTokens: 5, usd: 0 });
  expect(ledger.get(first.key!)).toMatchObject({
    model: 'stub',
    operation: 'generate',
    sample: 0,
    request: { maxTokens: 8 },
  });
});

test('samples, operations and models are kept apart', async () => {
  const stub = stubLanguageModel();
  const model = behindDoor(stub, { ledger });
  const { messages } = ask('a');
  const keys = [
    (await model.generate(ask('a'))).key,
    (await model.generate(ask('a', 1))).key,
    (await model.nextToken({ messages, replies: ['A', 'B'] })).key,
    (await model.likelihood({ messages, continuation: 'x' })).key,
    (await behindDoor(stubLanguageModel({ id: 'other' }), { ledger }).generate(ask('a'))).key,
  ];
  expect(new Set(keys).size).toBe(5);
  expect((await model.nextToken({ messages, replies: ['A', 'B'] })).logProbabilities).toEqual([-1, -2]);
});

test('equal calls made at once reach the model once', async () => {
  const stub = stubLanguageModel({ before: () => new Promise((resolve) => setTimeout(resolve, 20)) });
  const model = behindDoor(stub, {});
  const replies = await Promise.all([1, 2, 3].map(() => model.generate(ask('a'))));
  expect(stub.calls).toBe(1);
  expect(replies.map(({ usage }) => usage.cachedCalls)).toEqual([0, 1, 1]);
  await model.generate(ask('a'));
  expect(stub.calls).toBe(2);
});

test('one caller that leaves does not stop the others, and the last one stops the call', async () => {
  let seen: AbortSignal | undefined;
  const stub = stubLanguageModel({
    before: async (_request, { signal }) => {
      seen = signal;
      await new Promise((resolve) => setTimeout(resolve, 30));
    },
  });
  const model = behindDoor(stub, {});
  const [leaving, staying] = [new AbortController(), new AbortController()];
  const left = model.generate(ask('a'), { signal: leaving.signal });
  const stayed = model.generate(ask('a'), { signal: staying.signal });
  leaving.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  expect(seen?.aborted).toBe(false);
  await expect(stayed).resolves.toMatchObject({ text: 'reply to a' });
  const alone = new AbortController();
  const call = model.generate(ask('b'), { signal: alone.signal });
  alone.abort(new Error('gone too'));
  await expect(call).rejects.toThrow('gone too');
  expect(seen?.aborted).toBe(true);
  for (const { signal } of [leaving, staying, alone]) expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('what a call cost is counted with a caller that stayed to be answered', async () => {
  const stub = stubLanguageModel({ before: () => new Promise((resolve) => setTimeout(resolve, 20)) });
  const meter = createMeter();
  const model = behindDoor(stub, { meter });
  const leaving = new AbortController();
  const left = model.generate(ask('a'), { signal: leaving.signal });
  const stayed = [1, 2].map(() => model.generate(ask('a')));
  leaving.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  expect((await Promise.all(stayed)).map(({ usage }) => usage.cachedCalls)).toEqual([0, 1]);
  expect(meter.total).toMatchObject({ calls: 2, cachedCalls: 1, promptTokens: 10 });
});

test('many calls on one signal are no leak to warn of', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  try {
    const { signal } = new AbortController();
    const model = behindDoor(stubLanguageModel(), { limits: createLimits({ concurrency: 2 }) });
    await Promise.all(
      Array.from({ length: 30 }, (_, index) => model.generate(ask(String(index)), { signal })),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  } finally {
    process.off('warning', note);
  }
});

test('an answer that comes after everyone has left is still kept', async () => {
  const stub = stubLanguageModel({ before: () => new Promise((resolve) => setTimeout(resolve, 10)) });
  const model = behindDoor(stub, { ledger, limits: createLimits({ concurrency: 1 }) });
  const controller = new AbortController();
  const call = model.generate(ask('a'), { signal: controller.signal });
  await new Promise((resolve) => setTimeout(resolve, 2));
  controller.abort(new Error('gone'));
  await expect(call).rejects.toThrow('gone');
  await new Promise((resolve) => setTimeout(resolve, 50));
  await expect(model.generate(ask('a'))).resolves.toMatchObject({ usage: { cachedCalls: 1 } });
});

test('a budget stops before the call, and the ledger still answers', async () => {
  const stub = stubLanguageModel();
  const budget = createBudget({ calls: 2 });
  const model = behindDoor(stub, { ledger, budget });
  await model.generate(ask('a'));
  await model.generate(ask('b'));
  await expect(model.generate(ask('c'))).rejects.toMatchObject({ code: 'budget-exhausted' });
  await expect(model.generate(ask('a'))).resolves.toMatchObject({ text: 'reply to a' });
  expect(stub.calls).toBe(2);
  expect(budget.spent.calls).toBe(2);
});

test('calls made at once do not pass a budget of calls', async () => {
  const stub = stubLanguageModel();
  const model = behindDoor(stub, {
    budget: createBudget({ calls: 5 }),
    limits: createLimits({ concurrency: 2 }),
  });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => model.generate(ask(String(index)))),
  );
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
  expect(stub.calls).toBe(5);
});

test('who gives up at the first refusal still has all that the budget allows, written down', async () => {
  const stub = stubLanguageModel({ before: () => new Promise((resolve) => setTimeout(resolve, 20)) });
  const budget = createBudget({ calls: 3 });
  const model = behindDoor(stub, { ledger, budget, limits: createLimits({ concurrency: 2 }) });
  const stop = new AbortController();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 6 }, (_, index) =>
      model.generate(ask(String(index)), { signal: stop.signal }).catch((error: unknown) => {
        stop.abort(error);
        throw error;
      }),
    ),
  );
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'budget-exhausted', where: expect.stringContaining('spent 3 calls') },
  });
  expect(ledger.size).toBe(3);
});

test('who waits for room in a budget can leave', async () => {
  const stub = stubLanguageModel({ before: () => new Promise((resolve) => setTimeout(resolve, 200)) });
  const model = behindDoor(stub, { budget: createBudget({ calls: 1 }) });
  const stop = new AbortController();
  const first = model.generate(ask('a'));
  const second = model.generate(ask('b'), { signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(second).rejects.toThrow('enough');
  await expect(first).resolves.toMatchObject({ text: 'reply to a' });
});

test('an answer whose caller has left and whose ledger is closed at once is in the ledger', async () => {
  const stub = stubLanguageModel();
  const own = join(folder, 'closed at once');
  const first = await openLedger(own);
  void behindDoor(stub, { ledger: first })
    .generate(ask('a'))
    .catch(() => {});
  while (stub.calls === 0) await Promise.resolve();
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  await first[Symbol.asyncDispose]();
  await using again = await openLedger(own);
  expect(again.size).toBe(1);
});

test('a failed call costs nothing, is not written, and can be made again', async () => {
  let fail = true;
  const stub = stubLanguageModel({
    before: () => {
      if (fail) throw new RankforgeError('bad-reply', 'half a body', { hint: 'Try again.' });
    },
  });
  const budget = createBudget({ calls: 1 });
  const model = behindDoor(stub, { ledger, budget });
  await expect(model.generate(ask('a'))).rejects.toMatchObject({ code: 'bad-reply' });
  expect(ledger.size).toBe(0);
  expect(budget.spent.calls).toBe(0);
  fail = false;
  await expect(model.generate(ask('a'))).resolves.toMatchObject({ usage: { cachedCalls: 0 } });
});

test('a retried call is reserved and written once', async () => {
  const stub = stubLanguageModel({
    before: () => {
      if (stub.calls < 3)
        throw new RankforgeError('server-error', 'busy', { hint: 'Wait.', retryable: true });
    },
  });
  const budget = createBudget({ calls: 1 });
  const model = behindDoor(stub, { ledger, budget, limits: createLimits({ minRetryMs: 1 }) });
  await expect(model.generate(ask('a'))).resolves.toMatchObject({ text: 'reply to a' });
  expect(stub.calls).toBe(3);
  expect(budget.spent.calls).toBe(1);
  expect(ledger.size).toBe(1);
});

test('a replay never calls the model', async () => {
  const stub = stubLanguageModel();
  await behindDoor(stub, { ledger }).generate(ask('a'));
  const replay = behindDoor(stub, { ledger, ledgerOnly: true });
  await expect(replay.generate(ask('a'))).resolves.toMatchObject({ text: 'reply to a' });
  await expect(replay.generate(ask('b'))).rejects.toMatchObject({ code: 'unknown-id' });
  expect(stub.calls).toBe(1);
});

test('the rest of the model is passed through', () => {
  const stub = stubLanguageModel();
  const model = behindDoor(stub, {});
  expect(model).toMatchObject({ id: 'stub', contextSize: 4096, capabilities: stub.capabilities });
  expect(model.countTokens('four')).toBe(4);
  expect(model.tellsApart(['A', 'B'])).toBe(true);
});
