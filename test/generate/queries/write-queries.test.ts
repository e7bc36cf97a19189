import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Passage } from '../../../src/core/passage.js';
import { Funnel } from '../../../src/generate/funnel.js';
import { writeQueries } from '../../../src/generate/queries/write-queries.js';
import { behindDoor } from '../../../src/models/door/behind-door.js';
import { openLedger } from '../../../src/models/door/ledger.js';
import { createLimits } from '../../../src/models/door/limits.js';
import { openaiFeatures } from '../../../src/models/openai/features.js';
import { openOpenai } from '../../../src/models/openai/openai-model.js';
import { loadPrompt } from '../../../src/prompts/template.js';
import { chatReply, startScriptedServer } from '../../fixtures/scripted-server.js';
import { asked, block, goodReply, type WriterScript, writerModel } from '../../fixtures/writer-model.js';

const passages = (n: number): Passage[] =>
  Array.from({ length: n }, (_, i) => ({
    id: `p${i}`,
    text: `topic${i} item${i} is a thing that people keep asking about, day after day.`,
  }));

async function write(
  script: WriterScript,
  list: readonly Passage[],
  options: { concurrency?: number; types?: object } = {},
) {
  const writer = writerModel(script);
  const funnel = new Funnel();
  const out = [];
  for await (const written of writeQueries(list, { model: writer.model, seed: 7, funnel, ...options }))
    out.push(written);
  return { out, funnel: funnel.stage('queries'), ...writer };
}

test('one query a passage, types in turn, in order, whatever the concurrency', async () => {
  const delay = (call: number) => (call * 7) % 5;
  const one = await write({ delay }, passages(12), { concurrency: 1 });
  const eight = await write({ delay }, passages(12), { concurrency: 8 });
  expect(one.out).toEqual(eight.out);
  expect(
    one.out
      .map(({ type }) => type)
      .slice(0, 4)
      .sort(),
  ).toEqual(['how-to', 'keyword', 'question', 'question']);
  expect(one.out[0]!.query).toMatchObject({
    text: 'why would anyone need item0 topic0?',
    metadata: { type: 'question', source: 'p0' },
  });
  expect(one.funnel).toMatchObject({ in: 12, out: 12 });
});

test('the bundled prompt shows the reply that its parser reads', async () => {
  const { reply } = loadPrompt('generate/query');
  // Its own example, given as an answer, is an echo: that it parsed is the point.
  expect((await write({ write: () => reply }, passages(1))).funnel.rejected).toEqual({ 'example-echo': 1 });
});

test.each<[string, string, 'stop' | 'length' | 'refused', string]>([
  ['nothing', '', 'stop', 'empty'],
  ['spaces', ' \n ', 'stop', 'empty'],
  ['cut off', '{"question search": "why would', 'length', 'cut-off'],
  ['half of it, and stopped', '{"question search": "why would', 'stop', 'unparsed'],
  ['refused by the server', '', 'refused', 'refused'],
  ['refused in words', "I'm sorry, I can't assist with that.", 'stop', 'refused'],
  ['refused inside', '{"question search": "I cannot write this."}', 'stop', 'refused'],
  ['other key', '{"answer": "why would anyone need it?"}', 'stop', 'wrong-shape'],
  ['a list', '{"question search": ["why would anyone need it?"]}', 'stop', 'wrong-shape'],
  ['prose', 'Sure! Here is your query.', 'stop', 'unparsed'],
  ['empty string', '{"question search": ""}', 'stop', 'empty'],
  ['HTML of a proxy', '<html><body>502</body></html>', 'stop', 'unparsed'],
])('%s is counted under its reason', async (_, text, finish, reason) => {
  const { out, funnel } = await write({ write: () => ({ text, finish }) }, passages(1));
  expect(out).toEqual([]);
  expect(funnel).toMatchObject({ in: 1, out: 0, rejected: { [reason]: 1 } });
});

test('a reply in a code fence is read; the prompt repeated and the passage copied are not', async () => {
  const fenced = await write(
    { write: () => '```json\n{"question search": "why would anyone need it?"}\n```' },
    passages(1),
  );
  expect(fenced.out).toHaveLength(1);
  const echo = await write(
    { write: (request) => JSON.stringify({ 'question search': asked(request).slice(0, 120) }) },
    passages(1),
  );
  expect(echo.funnel.rejected).toEqual({ 'prompt-echo': 1 });
  const copy = await write(
    { write: (request) => JSON.stringify({ 'question search': `is it ${block(request, 'passage')}` }) },
    passages(1),
  );
  expect(copy.funnel.rejected).toEqual({ copied: 1 });
});

test('a how-to loses its full stop, a claim keeps it', async () => {
  const script: WriterScript = {
    write: ({ schema }) => {
      const [key] = Object.keys(schema!.properties as object);
      return JSON.stringify({ [key!]: 'How to live with such things in the long run.' });
    },
  };
  const { out } = await write(script, passages(1), { types: { 'how-to': 1 } });
  expect(out[0]!.query.text).toBe('How to live with such things in the long run');
  const text = '{"claim search": "Such things can be lived with in the long run."}';
  const claim = await write({ write: () => text }, passages(1), { types: { claim: 1 } });
  expect(claim.out[0]!.query.text).toMatch(/run\.$/);
});

test('a query that was written before is dropped, the first one stays', async () => {
  const { out, funnel } = await write(
    { write: () => '{"question search": "Why would anyone need it?"}' },
    passages(5),
    { types: { question: 1 }, concurrency: 4 },
  );
  expect(out.map(({ passage }) => passage.id)).toEqual(['p0']);
  expect(funnel.rejected).toEqual({ duplicate: 4 });
});

const sentences: Record<string, string> = {
  ru: 'Поисковая система находит документы и упорядочивает их по смыслу запроса пользователя.',
  ja: '検索エンジンは文書の中から質問に合うものを見つけて順番に並べるための道具である。',
  ar: 'يعثر محرك البحث على الوثائق ويرتبها حسب معنى سؤال المستخدم في كل مرة.',
  hi: 'खोज इंजन दस्तावेज़ ढूँढता है और उन्हें प्रश्न के अर्थ के अनुसार क्रम में रखता है।',
  th: 'เครื่องมือค้นหาจะค้นหาเอกสารและจัดเรียงตามความหมายของคำถาม',
  ko: '검색 엔진은 문서를 찾아 질문의 의미에 따라 순서를 매긴다.',
  el: 'Η μηχανή αναζήτησης βρίσκει έγγραφα και τα ταξινομεί κατά το νόημα.',
  he: 'מנוע החיפוש מוצא מסמכים ומסדר אותם לפי משמעות השאלה של המשתמש.',
  emoji: '🙂🙃🚀🎉 🙂🙃🚀🎉 👩‍👩‍👧‍👦',
  nul: 'a\0b\0c text with zero bytes \uD800 and half a surrogate',
  html: '<script>alert(1)</script><p>Search &amp; rank</p></passage>',
};

test('any script, emoji, NUL bytes and HTML go through without a crash', async () => {
  const list = Object.entries(sentences).map(([id, text]) => ({ id, text }));
  const write7 = (request: Parameters<typeof goodReply>[0]) => {
    const [key] = Object.keys(request.schema!.properties as object);
    return JSON.stringify({
      [key!]: block(request, 'passage').split(/\s+/).reverse().join(' ').slice(0, 30),
    });
  };
  const { funnel, requests } = await write({ write: write7 }, list);
  expect(funnel.in).toBe(list.length);
  expect(funnel.out + Object.values(funnel.rejected).reduce((sum, n) => sum + n, 0)).toBe(list.length);
  for (const request of requests) expect(asked(request)).not.toMatch(/\0|\p{Surrogate}/u);
});

test('a query in another script than its passage is dropped', async () => {
  const list = [{ id: 'ja', text: sentences.ja! }];
  const { funnel } = await write(
    { write: () => '{"question search": "how does a search engine order documents?"}' },
    list,
  );
  expect(funnel.rejected).toEqual({ 'wrong-script': 1 });
});

test('a failing model stops the stream after what was finished; an abort too', async () => {
  const out: string[] = [];
  const { model } = writerModel({
    write: (request, call) => {
      if (call > 2) throw new Error('gone');
      return goodReply(request);
    },
  });
  const run = async () => {
    for await (const { passage } of writeQueries(passages(5), { model, seed: 7, concurrency: 1 }))
      out.push(passage.id);
  };
  await expect(run()).rejects.toThrow('gone');
  expect(out).toEqual(['p0', 'p1']);
  const aborted = writeQueries(passages(2), { model, seed: 7, signal: AbortSignal.abort() });
  await expect(aborted.next()).rejects.toThrow();
});

test('with more items under way than calls, a server has as many calls as wanted at a time, and never one more', async () => {
  const wanted = 4;
  let calls = 0;
  let most = 0;
  let held: (() => void)[] = [];
  // Answers when as many calls are there as wanted: with fewer at a time it would never answer.
  await using server = await startScriptedServer(async () => {
    calls += 1;
    await new Promise<void>((resolve) => {
      held.push(resolve);
      most = Math.max(most, held.length);
      if (held.length < wanted) return;
      // Time for one call too many to come.
      setTimeout(() => {
        for (const answer of held) answer();
        held = [];
      }, 20);
    });
    return chatReply('{"question search": "why would anyone need it?"}');
  });
  const folder = await mkdtemp(join(tmpdir(), 'rankforge-calls-'));
  try {
    await using ledger = await openLedger(folder);
    await using remote = await openOpenai({
      model: 'm',
      baseUrl: server.baseUrl,
      features: openaiFeatures,
    });
    const model = behindDoor(remote, { ledger, limits: createLimits({ concurrency: wanted }) });
    const writer = { model, seed: 7, types: { question: 1 }, concurrency: 2 * wanted };
    for await (const _ of writeQueries(passages(8 * wanted), writer));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  expect({ calls, most }).toEqual({ calls: 8 * wanted, most: wanted });
});
