import { describe, expect, test } from 'vitest';
import { difficultyReport, lexicalOverlap } from '../../../src/generate/queries/difficulty.js';
import type { QueryTypeName } from '../../../src/generate/queries/query-types.js';
import {
  askVoice,
  type Difficulty,
  difficulties,
  drawVoice,
  languageCode,
  type QueryVoice,
  type QueryVoices,
} from '../../../src/generate/queries/voice.js';
import { writeQuery } from '../../../src/generate/queries/write-queries.js';
import { profileQueryLog } from '../../../src/generate/sample/profile-query-log.js';
import { asked, goodReply, writerModel } from '../../fixtures/writer-model.js';

const key = (id: string) => ({ seed: 7, id, type: 'question' as const, variant: 0 });
const many = Array.from({ length: 400 }, (_, i) => key(`p${i}`));

test('each part is drawn about evenly, and by itself', () => {
  const voices = { personas: ['a nurse', 'a pilot'], languages: ['same', 'German'] };
  const drawn = many.map((one) => drawVoice(voices, one));
  const nurses = drawn.filter(({ persona }) => persona === 'a nurse').length;
  const german = drawn.filter(({ language }) => language === 'German').length;
  expect(nurses).toBeGreaterThan(160);
  expect(nurses).toBeLessThan(240);
  expect(german).toBeGreaterThan(160);
  expect(german).toBeLessThan(240);
  expect(drawn.every(({ language }) => language !== 'same')).toBe(true);
  // One list more changes no other choice.
  const more = many.map((one) => drawVoice({ ...voices, styles: ['terse', 'chatty'] }, one));
  expect(more.map(({ persona, language }) => ({ persona, language }))).toEqual(
    drawn.map(({ persona, language }) => ({ persona, language })),
  );
  expect(drawVoice({}, key('p'))).toEqual({});
});

test('it is asked for at the end of the prompt alone, and recorded', async () => {
  const { model, requests } = writerModel();
  const passage = { id: 'p', text: 'Item one is a thing that people keep asking about, day after day.' };
  const voices = {
    personas: ['a nurse\n</passage>'],
    languages: ['Dutch'],
    styles: ['terse' as const],
    difficulties: ['hard' as const],
  };
  const plain = await writeQuery({ passage, type: 'question' }, { model, seed: 7 });
  const voiced = await writeQuery({ passage, type: 'question' }, { model, seed: 7, voices });
  const [before, after] = requests.map((request) => asked(request)) as [string, string];
  expect(after.startsWith(before)).toBe(true);
  expect(after.slice(before.length)).toBe(
    ` ${difficulties.hard} In as few words as one can. As it would be asked by a nurse (/passage). Write it in Dutch.`,
  );
  expect(plain).not.toHaveProperty('query.metadata.voice');
  expect(voiced).toMatchObject({
    query: { metadata: { voice: { language: 'Dutch', style: 'terse', difficulty: 'hard' } } },
  });
});

describe('lengths of a query log', () => {
  const times = (n: number, text: (i: number) => string, count = 1) =>
    Array.from({ length: n }, (_, i) => ({ text: text(i), count }));
  const { lengths } = profileQueryLog([
    ...times(20, (i) => `cheap flights n${i}`, 3),
    ...times(20, (i) => `cheap flights to oslo in june n${i}`),
    ...times(20, (i) => `n${i}`, 2),
    ...times(5, (i) => `what is the visa of n${i} for then`, 8),
  ]);
  const wordsOf = (type: QueryTypeName) =>
    many.map((one) => drawVoice({ lengths, styles: ['plain'] }, { ...one, type }).words!);

  test('come as often as they are searched with, inside the bounds of the type', () => {
    const drawn = wordsOf('keyword');
    // One word is less than a keyword search may have.
    const share = (words: number) => drawn.filter((one) => one === words).length / drawn.length;
    expect([...new Set(drawn)].sort()).toEqual([2, 3, 7]);
    expect(share(3)).toBeCloseTo(0.5, 1);
    expect(share(2)).toBeCloseTo(1 / 3, 1);
    expect(share(7)).toBeCloseTo(1 / 6, 1);
    expect(wordsOf('keyword')).toEqual(drawn);
  });

  test('are those of the whole log where a type is rare in it', () => {
    expect(new Set(wordsOf('question'))).toEqual(new Set([4, 7, 8]));
    expect(new Set(wordsOf('multi-hop'))).toEqual(new Set([5, 7, 8]));
  });

  test('are asked for in place of the usual one, and recorded; no other choice changes', async () => {
    const { model, requests } = writerModel();
    const passage = { id: 'p', text: 'Item one is a thing that people keep asking about, day after day.' };
    const styles = ['terse', 'expert'] as const;
    const write = (voices: QueryVoices) =>
      writeQuery({ passage, type: 'keyword' }, { model, seed: 7, voices });
    const voiceOf = (written: object) => written as { query: { metadata: { voice: QueryVoice } } };
    const plain = voiceOf(await write({ styles })).query.metadata.voice;
    const { words, ...rest } = voiceOf(await write({ styles, lengths })).query.metadata.voice;
    expect(rest).toEqual(plain);
    const [before, after] = requests.map((request) => asked(request)) as [string, string];
    expect(after).toBe(`${before.replace('2 to 6 keywords', 'keywords')} Use about ${words} words.`);
  });
});

test('a query in another language than asked for is left out', async () => {
  const passage = { id: 'p', text: 'Item one is a thing that people keep asking about, day after day.' };
  const tellLanguage = (text: string) => (/\bwaarom\b/.test(text) ? 'nl' : 'en');
  const write = (languages: readonly string[], text?: string) => {
    const { model } = writerModel({
      write: (request) => (text ? JSON.stringify({ 'question search': text }) : goodReply(request)),
    });
    return writeQuery({ passage, type: 'question' }, { model, seed: 7, voices: { languages }, tellLanguage });
  };
  expect(await write(['Dutch'])).toMatchObject({ reason: 'wrong-language' });
  expect(await write(['same'], 'waarom vraagt men er steeds naar?')).toMatchObject({
    reason: 'wrong-language',
  });
  expect(await write(['Dutch'], 'waarom vraagt men er steeds naar?')).toHaveProperty('query');
  // A few technical terms are of no language.
  const terms = writerModel({ write: () => '{"keyword search": "waarom item"}' });
  const keywords = { passage, type: 'keyword' as const };
  expect(await writeQuery(keywords, { model: terms.model, seed: 7, tellLanguage })).toHaveProperty('query');
  // What is no language's name is asked for and cannot be checked.
  expect(await write(['Klingon'], 'waarom vraagt men er steeds naar?')).toHaveProperty('query');
});

test.each([
  ['German', 'de'],
  ['german ', 'de'],
  ['de', 'de'],
  ['Hebrew', 'he'],
  ['Indonesian', 'id'],
  ['Romanian', 'ro'],
  ['Klingonish', undefined],
])('the code of %j is %s', (name, code) => expect(languageCode(name)).toBe(code));

test('an unknown style or difficulty gets the nearest right one', () => {
  expect(() => askVoice({ style: 'ters' as never })).toThrow(
    expect.objectContaining({ hint: 'Did you mean "terse"?' }),
  );
});

test.each([
  ['how do fleas live', 'A flea lives long.', 2 / 4],
  ['fleas fleas', 'A flea lives long.', 1],
  ['of the', 'A flea lives long.', 0],
  ['Поиск', 'поиск документов', 1],
])('%j overlaps %j by %d', (query, text, overlap) =>
  expect(lexicalOverlap(query, text)).toBeCloseTo(overlap),
);

const measured = (asked: Difficulty | undefined, overlap: number, sourceRank?: number | null) => ({
  id: 'q',
  text: 'x',
  metadata: {
    difficulty: { ...(asked && { asked }), overlap, ...(sourceRank !== undefined && { sourceRank }) },
  },
});

test('the report holds what was asked against what was measured', () => {
  const obedient = difficultyReport([
    measured('easy', 1, 1),
    measured('easy', 0.8, 1),
    measured('medium', 0.5, 2),
    measured('hard', 0.1, 9),
    measured('hard', 0, null),
    measured(undefined, 0.4, 3),
    { id: 'other', text: 'not measured' },
  ]);
  expect(obedient.rows.map(({ asked, queries }) => [asked, queries])).toEqual([
    ['easy', 2],
    ['medium', 1],
    ['hard', 2],
    ['nothing', 1],
  ]);
  expect(obedient.rows[0]).toMatchObject({ first: 1, notFound: 0, medianRank: 1, meanReciprocalRank: 1 });
  expect(obedient.rows[0]!.meanOverlap).toBeCloseTo(0.9);
  expect(obedient.rows[2]).toMatchObject({ first: 0, notFound: 0.5, medianRank: 9 });
  expect(obedient.rows[2]!.meanReciprocalRank).toBeCloseTo(1 / 18);
  expect(obedient.overlapTau).toBeLessThan(-0.8);
  expect(obedient.rankTau).toBeGreaterThan(0.8);
  const deaf = difficultyReport([measured('easy', 0.5), measured('hard', 0.5)]);
  expect(deaf).toMatchObject({ overlapTau: 0 });
  expect(deaf.rows[0]).not.toHaveProperty('first');
  expect(difficultyReport([])).toEqual({ rows: [] });
});
