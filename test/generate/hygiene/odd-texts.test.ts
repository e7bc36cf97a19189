import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Example } from '../../../src/core/example.js';
import type { Passage } from '../../../src/core/passage.js';
import { Funnel } from '../../../src/generate/funnel.js';
import { cleanPassages } from '../../../src/generate/hygiene/clean-passages.js';
import {
  contaminationCheck,
  passageContaminationCheck,
} from '../../../src/generate/hygiene/contamination.js';
import { openLanguageCheck } from '../../../src/generate/hygiene/language.js';
import { createDuplicateIndex } from '../../../src/generate/hygiene/near-duplicates.js';
import { createPiiScrubber } from '../../../src/generate/hygiene/pii/scrub-pii.js';
import { splitExamples } from '../../../src/generate/split/split-examples.js';
import { anyText, cpuTime } from './any-text.js';
import { fortyLanguages } from './forty-languages.js';

const odd: readonly (readonly [name: string, text: string])[] = [
  ['nothing', ''],
  ['spaces', ' \t\n\u00a0\u3000'],
  ['NUL bytes', '\u0000\u0000a\u0000'],
  ['emoji', '👩‍👩‍👧‍👦🏳️‍🌈🙂'],
  ['half a pair', '\ud83d and \udc00'],
  ['marks alone', '\u0301\u0301\u0301'],
  ['HTML', '<div class="a"><script>alert("1@b.cd")</script>&nbsp;</div>'],
  ['one long word', 'a'.repeat(300_000)],
  ['one long word of marks', `a${'\u0301'.repeat(100_000)}`],
  ['right to left', '\u202eevil\u202c مرحبا'],
  ['a number', '0'.repeat(50_000)],
  ...fortyLanguages,
];

const everything = async () => ({
  language: await openLanguageCheck({ languages: ['en'] }),
  scrub: createPiiScrubber(),
  duplicates: {},
  contamination: passageContaminationCheck({ queries: odd.map(([id, text]) => ({ id, text })) }),
});

test.each(odd)('%s goes through every step with a result', async (_, text) => {
  const funnel = new Funnel();
  const passages = [
    { id: 'a', text },
    { id: 'b', title: text, text },
    { id: 'c', text },
  ];
  let kept = 0;
  for await (const passage of cleanPassages(passages, { ...(await everything()), funnel })) {
    expect(passages.map(({ id }) => id)).toContain(passage.id);
    kept += 1;
  }
  const { stages } = funnel.toJSON();
  const rejected = stages
    .flatMap((stage) => Object.values(stage.rejected))
    .reduce((sum, count) => sum + count, 0);
  expect(kept + rejected).toBe(3);
  expect(contaminationCheck([{ id: 'e', text }])(text)).toBe('evaluation-query');
});

test('any passages: each comes out once or has a reason, and what comes out twice is unlike', async () => {
  const options = await everything();
  const list = fc.array(
    fc.oneof(anyText(60), fc.constantFrom(...odd.map(([, text]) => text.slice(0, 500)))),
    { maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(list, async (texts) => {
      const passages = texts.map((text, i): Passage => ({ id: `p${i}`, text }));
      const removed: string[] = [];
      const kept: string[] = [];
      const flow = cleanPassages(passages, { ...options, onRemoved: ({ id }) => removed.push(id) });
      for await (const { id } of flow) kept.push(id);
      expect([...kept, ...removed].sort()).toEqual(passages.map(({ id }) => id).sort());
    }),
    { numRuns: 60 },
  );
});

test('any examples are split', () => {
  const list = fc.array(fc.tuple(anyText(), anyText()), { maxLength: 20 });
  fc.assert(
    fc.property(list, (pairs) => {
      const examples = pairs.map(
        ([query, text], i): Example => ({
          query: { id: `q${i}`, text: query },
          passages: [{ passage: { id: `d${i}`, text }, grade: 3, kind: 'positive', origin: 'corpus' }],
          split: 'train',
          ledgerKeys: [],
        }),
      );
      const split = splitExamples(examples, { seed: 1 });
      expect(split.map(({ query }) => query.id)).toEqual(examples.map(({ query }) => query.id));
      for (const a of split) {
        for (const b of split) if (a.query.text === b.query.text) expect(a.split).toBe(b.split);
      }
    }),
    { numRuns: 60 },
  );
});

describe('one huge document takes linear time', () => {
  const sentence = `${fortyLanguages.map(([, each]) => each).join(' ')} Call +49 30 901820 or mail jane@example.org. `;
  const parts: Record<string, () => (text: string) => unknown> = {
    duplicates: () => (text) => createDuplicateIndex().add('a', text),
    contamination: () => {
      const check = passageContaminationCheck({ passages: [{ id: 'e', text: sentence }] });
      return (text) => check(text);
    },
    'personal data': () => createPiiScrubber(),
  };
  test.each(Object.keys(parts))('%s', (name) => {
    const work = parts[name]!();
    const time = (characters: number) => {
      const text = sentence.repeat(Math.ceil(characters / sentence.length));
      return cpuTime(() => work(text));
    };
    time(100_000);
    // Quadratic would be 16 times as long.
    expect(time(1_200_000)).toBeLessThan(9 * time(300_000) + 100);
  });
});
