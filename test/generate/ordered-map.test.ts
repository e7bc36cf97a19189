import { expect, test } from 'vitest';
import { orderedMap } from '../../src/generate/ordered-map.js';

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('yields in input order whatever finishes first, never more under way than asked', async () => {
  let running = 0;
  let most = 0;
  const out: number[] = [];
  const mapped = orderedMap([30, 1, 20, 2, 10, 0], 3, async (ms) => {
    most = Math.max(most, ++running);
    await wait(ms);
    running -= 1;
    return ms;
  });
  for await (const ms of mapped) out.push(ms);
  expect(out).toEqual([30, 1, 20, 2, 10, 0]);
  expect(most).toBe(3);
});

test('a slow item holds back neither calls nor more results than the width', async () => {
  const begun: number[] = [];
  let release = () => {};
  const slow = new Promise<void>((resolve) => {
    release = resolve;
  });
  const mapped = orderedMap([0, 1, 2, 3, 4, 5, 6, 7], 2, async (item) => {
    begun.push(item);
    if (item === 0) await slow;
    return item;
  });
  const first = mapped.next();
  await wait(20);
  expect(begun).toEqual([0, 1, 2, 3]);
  release();
  expect((await first).value).toBe(0);
  const rest: number[] = [];
  for await (const item of mapped) rest.push(item);
  expect(rest).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test('a failure comes after what was before it, and nothing is left under way', async () => {
  const out: number[] = [];
  let running = 0;
  const run = async () => {
    const mapped = orderedMap([5, 1, 3, 4, 2], 4, async (item) => {
      running += 1;
      await wait(item);
      running -= 1;
      if (item === 3) throw new Error('three');
      return item;
    });
    for await (const item of mapped) out.push(item);
  };
  await expect(run()).rejects.toThrow('three');
  expect(out).toEqual([5, 1]);
  expect(running).toBe(0);
});

function* input() {
  yield 1;
  yield 2;
  throw new Error('input');
}
async function* asyncInput() {
  yield* input();
}

test.each([
  ['sync', input],
  ['async', asyncInput],
])('a failing %s input does not lose what was already read', async (_, failing) => {
  const out: number[] = [];
  const run = async () => {
    for await (const item of orderedMap(failing(), 4, async (n) => n * 10)) out.push(item);
  };
  await expect(run()).rejects.toThrow('input');
  expect(out).toEqual([10, 20]);
});

test.each([0, Number.NaN])(
  'a width of %s is refused, or everything would be lost in silence',
  async (width) => {
    await expect(orderedMap([1], width, async (n) => n).next()).rejects.toMatchObject({ code: 'usage' });
  },
);

test('a consumer may leave early', async () => {
  let closed = false;
  async function* endless() {
    try {
      for (let i = 0; ; i++) yield i;
    } finally {
      closed = true;
    }
  }
  for await (const item of orderedMap(endless(), 2, async (n) => n)) if (item === 3) break;
  expect(closed).toBe(true);
});
