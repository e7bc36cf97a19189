import fc from 'fast-check';
import type { Example, ExamplePassage } from '../../../src/core/example.js';
import type { Grade } from '../../../src/core/judgement.js';

const id = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_.:-]{0,11}$/).filter((text) => !/^__proto__$/.test(text));
const word = fc.oneof(
  fc.stringMatching(/^[a-z]{1,9}$/),
  fc.constantFrom(
    '北京',
    'Zürich',
    '📬',
    '"quoted"',
    "it's",
    '50%',
    '<b>',
    'a,b',
    '\\n',
    '{"x":1}',
    '- list',
    '1.0',
  ),
);
/** Single blanks between words, as every format keeps them. */
const line = fc.array(word, { minLength: 1, maxLength: 8 }).map((words) => words.join(' '));
/** What only formats that keep texts to the letter bring back. */
const anyText = fc.oneof(
  line,
  fc
    .tuple(line, fc.constantFrom('\n', '\t', '\r\n', '  ', '\u2028', '\n\n[B] ', ' [1] '), line)
    .map((parts) => parts.join('')),
);
const metadata = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,6}$/),
  fc.oneof(line, fc.integer(), fc.constant(null)),
  { minKeys: 1, maxKeys: 3 },
);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** Keys with a value alone, as records are read from a file. */
const present = <T extends object>(record: T): T =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;

/** Differences of eighths are exact, so that margins come back as they were. */
const score = fc.integer({ min: -400, max: 400 }).map((eighths) => eighths / 8);

interface SetShape {
  /** Texts with line breaks, runs of blanks and what looks like a label. */
  readonly wild: boolean;
}

function passages(number: number, { wild }: SetShape): fc.Arbitrary<ExamplePassage[]> {
  const text = wild ? anyText : line;
  const item = fc.record({
    id,
    text,
    title: optional(line),
    metadata: optional(metadata),
    grade: fc.constantFrom<Grade>(0, 1, 2, 3),
    kind: fc.constantFrom('positive' as const, 'hard-negative' as const, 'random' as const),
    origin: fc.constantFrom(
      'corpus' as const,
      'judged' as const,
      'mined:bm25' as const,
      'generated:2' as const,
    ),
    hardness: optional(fc.constantFrom(0, 0.25, 1)),
    margin: optional(score),
  });
  return fc
    .tuple(
      fc.uniqueArray(item, { minLength: 1, maxLength: 8, selector: (one) => one.id }),
      fc.boolean(),
      fc.array(score, { minLength: 8, maxLength: 8 }),
    )
    .map(([items, isScored, scores]) => {
      const distinct = scores.map((one, index) => one + index / 64);
      const ranked = items.map((_, index) => index).sort((a, b) => distinct[b]! - distinct[a]!);
      return items.map(
        ({ id, text, title, metadata, ...item }, index): ExamplePassage =>
          present({
            // Two passages with one text would be one to formats without ids.
            passage: present({ id: `${id}${number}`, text: `${text} (${number}.${index})`, title, metadata }),
            ...item,
            ...(isScored ? { teacherScore: distinct[index]!, teacherRank: ranked.indexOf(index) + 1 } : {}),
          }),
      );
    });
}

const example = (number: number, shape: SetShape): fc.Arbitrary<Example> =>
  fc
    .record({
      query: fc.record({
        id,
        text: shape.wild ? anyText : line,
        instruction: optional(line),
        metadata: optional(metadata),
      }),
      passages: passages(number, shape),
      split: fc.constantFrom('train' as const, 'validation' as const, 'test' as const),
      thinks: fc.boolean(),
      reasons: fc.boolean(),
      ledgerKeys: fc.array(fc.stringMatching(/^[0-9a-f]{8}$/), { maxLength: 2 }),
      seed: optional(fc.integer({ min: 0, max: 99 })),
    })
    .map(
      ({
        query: { id, text, instruction, metadata },
        passages,
        split,
        thinks,
        reasons,
        ledgerKeys,
        seed,
      }) => {
        const thinker = thinks && passages.length > 1 && passages.every(({ teacherRank }) => teacherRank);
        const ids = passages.map(({ passage }) => passage.id);
        const byRank = passages
          .toSorted((a, b) => a.teacherRank! - b.teacherRank!)
          .map(({ passage }) => passage.id);
        return present({
          query: present({ id: `${id}${number}`, text: `${text} (${number})`, instruction, metadata }),
          // Where the teacher thought, the judge's reasons are not asked for.
          passages:
            thinker && reasons
              ? passages.map((item) => ({ ...item, reason: `It says ${item.grade}.` }))
              : passages,
          split,
          ...(thinker
            ? {
                thinking: {
                  text: 'B says it, A does not.',
                  passageIds: ids,
                  ...(reasons ? { ranking: byRank } : {}),
                },
              }
            : {}),
          ledgerKeys,
          provenance: seed === undefined ? undefined : { packageVersion: '0.1.0', seed },
        });
      },
    );

/** Sets of up to four examples, with everything that a record can hold. */
export const arbitrarySet = (shape: SetShape): fc.Arbitrary<Example[]> =>
  fc
    .integer({ min: 1, max: 4 })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, number) => example(number, shape))));
