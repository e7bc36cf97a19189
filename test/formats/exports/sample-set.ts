import type { Example, ExamplePassage } from '../../../src/core/example.js';
import type { Grade } from '../../../src/core/judgement.js';

const topics = ['fleas', 'Zürich', '北京の天気', 'e-mail 📬 rules', 'why "quotes", commas; tabs'];
const words = 'the answer is found where nobody looked before and it takes two weeks at 20 degrees'.split(
  ' ',
);

/** Twelve examples with all that trainers trip over: line breaks, quotes, other alphabets, empty titles, instructions, metadata. */
export function sampleSet({ instructions = true, scores = true } = {}): Example[] {
  return Array.from({ length: 12 }, (_, number): Example => {
    const topic = topics[number % topics.length]!;
    const passages = Array.from({ length: 7 }, (_, index): ExamplePassage => {
      const grade = [3, 0, 2, 1, 0, 0, 1][(index + number) % 7] as Grade;
      const text = `${words.slice(index % 5, 5 + ((index + number) % 9)).join(' ')} (${number}.${index})${index === 3 ? '\nsecond line\twith a tab' : ''}`;
      return {
        passage: {
          id: `p${number}-${index}`,
          text,
          ...(index % 2 === 0 ? { title: `${topic} ${index}` } : {}),
          ...(index === 1 ? { metadata: { source: 'sample', tags: ['a', 'ü'] } } : {}),
        },
        grade,
        kind: grade >= 2 ? 'positive' : index === 5 ? 'random' : 'hard-negative',
        origin: grade === 3 ? 'corpus' : index === 2 ? 'generated:2' : 'mined:bm25',
        ...(scores ? { teacherScore: (grade * 7 - index) / 4, hardness: (grade * 7 - index + 6) / 32 } : {}),
      };
    });
    const ranked = [...passages].sort((a, b) => (b.teacherScore ?? 0) - (a.teacherScore ?? 0));
    return {
      query: {
        id: `q${number}`,
        text: `how about ${topic} no. ${number}?`,
        ...(instructions && number % 4 === 0
          ? { instruction: 'Only what was written after 2000 counts.' }
          : {}),
        ...(number === 1 ? { metadata: { type: 'question' } } : {}),
      },
      passages: scores
        ? passages.map((item) => ({ ...item, teacherRank: ranked.indexOf(item) + 1 }))
        : passages,
      split: number < 8 ? 'train' : number < 10 ? 'validation' : 'test',
      ...(scores && number === 2
        ? {
            thinking: {
              text: 'B names the place, A does not.',
              passageIds: passages.map(({ passage }) => passage.id),
            },
          }
        : {}),
      ledgerKeys: [`key-${number}`],
      provenance: { packageVersion: '0.1.0', modelId: 'sample-model', promptId: 'generate/query', seed: 7 },
    };
  });
}
