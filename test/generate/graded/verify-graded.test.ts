import { expect, test } from 'vitest';
import type { Grade } from '../../../src/core/judgement.js';
import { verifyGraded } from '../../../src/generate/graded/verify-graded.js';
import { writeGraded } from '../../../src/generate/graded/write-graded-passages.js';
import type { Judge } from '../../../src/generate/judge/judge.js';
import { asked, goodLevels, writerModel } from '../../fixtures/writer-model.js';

const query = { id: 'q1', text: 'how to bake bread at home' };
const good = goodLevels(query.text);
const better = 'Mix flour with water, salt and yeast, let it rise overnight, and bake it for an hour.';

/** Judges by words of the text; everything else at the level in its id. */
const judgeBy =
  (verdicts: Readonly<Record<string, Grade | undefined>>): Judge =>
  async (_, { id, text }) => {
    const known = Object.keys(verdicts).find((part) => text.includes(part));
    const grade = known === undefined ? (Number(id.at(-1)) as Grade) : verdicts[known];
    return { grade, score: grade && grade / 4, ledgerKeys: [`judged ${text.slice(0, 8)}`] };
  };

async function verified(
  policy: Parameters<typeof verifyGraded>[1]['policy'],
  judge: Judge,
  rewrite: (call: number) => string = () => JSON.stringify({ passage: better }),
) {
  let rewrites = 0;
  const writer = writerModel({
    write: (request) =>
      asked(request).includes('Write it anew') ? rewrite(rewrites++) : JSON.stringify(good),
  });
  const options = { model: writer.model, seed: 7 };
  const written = await writeGraded({ query }, options);
  const result = await verifyGraded(written, { judge, writer: options, policy });
  return { ...result, rewrites, requests: writer.requests };
}
const gradesOf = ({ passages }: Awaited<ReturnType<typeof verified>>) =>
  passages.map(({ level, grade }) => `${level}→${grade}`);

test('what the judge confirms keeps its level, each judged once', async () => {
  const result = await verified({ onDisagreement: 'rewrite' }, judgeBy({}));
  expect(gradesOf(result)).toEqual(['3→3', '2→2', '1→1', '0→0']);
  expect(result.ledgerKeys).toHaveLength(4);
  expect(result.rewrites).toBe(0);
});

test('relabel takes the judge’s grade, drop leaves out, unknown is never a grade', async () => {
  const judge = judgeBy({ everything: 1, 'Some of that': undefined });
  const relabelled = await verified({ onDisagreement: 'relabel' }, judge);
  expect(gradesOf(relabelled)).toEqual(['3→1', '1→1', '0→0']);
  expect(relabelled.notes).toEqual(['asked-3-judged-1']);
  expect(relabelled.rejected).toEqual(['judge-unknown']);
  const dropped = await verified({ onDisagreement: 'drop' }, judge);
  expect(gradesOf(dropped)).toEqual(['1→1', '0→0']);
  expect(dropped.rejected).toEqual(['asked-3-judged-1', 'judge-unknown']);
});

test('a rewrite that has become what another level says is left out, and counted', async () => {
  const repeat = () => JSON.stringify({ passage: good.partial });
  const judge = judgeBy({ everything: 0, 'Some of that': 2 });
  const result = await verified({ onDisagreement: 'rewrite' }, judge, repeat);
  expect(gradesOf(result)).toEqual(['3→2', '1→1', '0→0']);
  expect(result.rejected).toEqual(['exact-duplicate']);
});

test('a rewrite is judged again and counts only where it is nearer to the level', async () => {
  const held = await verified({ onDisagreement: 'rewrite' }, judgeBy({ everything: 1, 'Mix flour': 3 }));
  expect(gradesOf(held)).toEqual(['3→3', '2→2', '1→1', '0→0']);
  expect(held.passages[0]!.passage).toEqual({ id: 'q1-level3', text: better });
  expect(held.notes).toEqual(['rewritten']);
  // The score of the text that was kept, not of the one before it.
  expect(held.passages[0]!.score).toBe(0.75);
  expect(asked(held.requests.at(-1)!)).toContain('answers less of the query');
  const worse = await verified({ onDisagreement: 'rewrite' }, judgeBy({ everything: 1, 'Mix flour': 0 }));
  expect(gradesOf(worse)[0]).toBe('3→1');
  expect(worse.passages[0]!.passage.text).toBe(good.full);
  expect(worse.notes).toEqual(['rewrite-no-better', 'asked-3-judged-1']);
});

test.each([
  ['empty', ''],
  ['refused', 'I cannot help with that.'],
  ['wrong-shape', '{"passage": 3}'],
  ['label-inside', JSON.stringify({ passage: 'This is a level 3 passage that has the whole answer.' })],
])('a rewrite that is %s leaves the passage as it was', async (reason, reply) => {
  const result = await verified(
    { onDisagreement: 'rewrite', rewrites: 2 },
    judgeBy({ everything: 2 }),
    () => reply,
  );
  expect(result.rewrites).toBe(2);
  expect(result.notes).toEqual([`rewrite-lost:${reason}`, `rewrite-lost:${reason}`, 'asked-3-judged-2']);
  expect(gradesOf(result)).toEqual(['3→2', '2→2', '1→1', '0→0']);
});
