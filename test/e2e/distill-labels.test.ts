import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { randomStream } from '../../src/core/random.js';
import {
  byLength,
  gradeOf,
  lines,
  queries,
  queryCount,
  type Scored,
  shownFor,
  textOf,
  writeDataset,
  writeRun,
} from '../fixtures/long-is-better.js';
import { rankforge } from './run-in-process.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rankforge-labels-'));
  writeDataset(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);
const write = (name: string, of: (q: number) => readonly Scored[]): string => writeRun(folder, name, of);
const distill = (...more: string[]) =>
  rankforge([
    ...['distill', '--dataset', folder, '--encoder', 'none', '--out', at('student'), '--json'],
    ...more,
  ]);
const distillRun = (...more: string[]) => distill('--run', at('run.trec'), ...more);
const error = ({ stdout }: { stdout: string }) => JSON.parse(stdout).error;
const card = () => JSON.parse(readFileSync(at('student/card.json'), 'utf8'));

describe('rankings', () => {
  test('RankLLM results teach as the same TREC run does', async () => {
    const trec = write('teacher.trec', byLength);
    expect((await distillRun('--teacher', trec)).code).toBe(0);
    const weights = readFileSync(at('student/student.json'), 'utf8');
    const results = queries().map(({ id, text }, q) => ({
      query: { text, qid: id },
      candidates: byLength(q).map(({ id: docid, score }) => ({ docid, score, doc: { contents: '' } })),
    }));
    writeFileSync(at('teacher.jsonl'), lines(results));
    writeFileSync(at('teacher.json'), JSON.stringify(results, undefined, 2));
    for (const name of ['teacher.jsonl', 'teacher.json']) {
      expect((await distillRun('--teacher', at(name))).code).toBe(0);
      expect(readFileSync(at('student/student.json'), 'utf8')).toBe(weights);
    }
  });

  test('judged queries weigh the teachers, the gate takes the others, and the card says both', async () => {
    const good = write('good.trec', byLength);
    const noise = write('noise.trec', (q) => {
      const random = randomStream(3, 'noise', q);
      return shownFor(q).map((id) => ({ id, score: random.next() }));
    });
    const run = await distillRun(
      ...['--teacher', good, noise, '--teacher-weights', 'judged', '--qrels', at('qrels/test.tsv')],
    );
    expect([0, 4]).toContain(run.code);
    const { weights, gate } = JSON.parse(run.stdout);
    expect(weights.weights['good.trec']).toBeGreaterThan(1.5);
    expect(weights.weights['noise.trec']).toBeLessThan(0.5);
    expect(weights.queries + gate.queries).toBeLessThanOrEqual(queryCount);
    expect(gate.queries).toBeLessThanOrEqual(queryCount / 2);
    expect(card().training.teachers).toEqual(weights.weights);
    expect(card().training.source).toMatch(/fitted on 1\d judged queries that the gate does not use/);
    expect(run.stderr).toMatch(/teachers: weights fitted/);
  });

  test.each([
    ['one student', []],
    ['all of them', ['--auto']],
  ])('%s: queries that a teacher does not rank, and how teachers count, are told', async (_what, more) => {
    const whole = write('whole.trec', byLength);
    const part = write('part.trec', (q) => (q < 6 ? [] : byLength(q)));
    const run = await distillRun('--teacher', whole, part, '--teacher-weights', 'judged', ...more);
    expect(run.code).toBe(0);
    expect(run.stderr).toMatch(/warning: queries left out, since a teacher does not rank them: 6\n/);
    expect(run.stderr).toMatch(/teachers: equal weights: 0 judged queries/);
    expect(JSON.parse(run.stdout)).toMatchObject({ queries: 24, weights: { fitted: false } });
  });

  test('without judgements the teachers count alike, and it is said', async () => {
    const [a, b] = [write('a.trec', byLength), write('b.trec', byLength)];
    const run = await distillRun('--teacher', a, b, '--teacher-weights', 'judged');
    expect(JSON.parse(run.stdout).weights).toMatchObject({
      weights: { 'a.trec': 1, 'b.trec': 1 },
      fitted: false,
    });
    expect(card().training.source).toMatch(/equal weights: 0 judged queries are too few/);
    await distillRun('--teacher', a, b);
    expect(card().training.source).toMatch(/equal weights: that is the setting$/);
  });

  test('a loss is taken by name, and one that is misspelt or unfit is refused', async () => {
    const teacher = write('teacher.trec', byLength);
    expect((await distillRun('--teacher', teacher, '--loss', 'rank-net')).code).toBe(0);
    expect(card().selection[1].name).toContain('rank-net');
    expect((await distillRun('--teacher', teacher, '--loss', 'auto')).code).toBe(0);
    expect(card().selection[1].name).toContain('irpo');
    expect(card().training.loss).toBe('irpo');
    for (const [student, loss] of [
      ['linear', 'kl'],
      ['static', 'kl:1,mse:0.1'],
      ['lambdamart', undefined],
    ] as const) {
      expect((await distillRun('--teacher', teacher, '--student', student)).code).toBe(0);
      expect(card().training.loss).toBe(loss);
    }
    expect((await distillRun('--teacher', teacher, '--loss', 'ranknet')).code).toBe(2);
    const trees = await distillRun('--teacher', teacher, '--loss', 'kl', '--student', 'lambdamart');
    expect(error(trees)).toMatchObject({ code: 'unsupported' });
  });

  test('the card has the command that was run, without the folders of this machine', async () => {
    const [a, b] = [write('a.trec', byLength), write("b's run.trec", byLength)];
    const flags = ['--teacher-weights', 'judged', '--teacher-labels', 'scores', '--teacher-margin', '0.5'];
    const more = [...flags, '--qrels', at('qrels/test.tsv'), '--seed', '3'];
    await distillRun('--teacher', a, b, ...more);
    expect(card().command).toBe(
      `rankforge distill --dataset ${basename(folder)} --run run.trec --teacher a.trec 'b'\\''s run.trec' --teacher-weights judged --teacher-labels scores --student linear --teacher-margin 0.5 --depth 100 --encoder none --qrels test.tsv --seed 3`,
    );
    const near = relative(process.cwd(), a);
    const all = await distillRun('--teacher', near, '--auto', '--latency-ms', '5000', '--out', at('all'));
    expect(all.code).toBe(0);
    const { command } = JSON.parse(readFileSync(at('all/card.json'), 'utf8'));
    expect(command).toContain(` --teacher ${near} `);
    expect(command).toMatch(/ --auto --latency-ms 5000$/);
  });

  test.each([
    ['NaN', 'NaN', 'bad-line'],
    ['an infinite score', 'inf', 'bad-line'],
    ['Infinity', 'Infinity', 'bad-line'],
  ])('%s in a teacher is told with its line', async (_what, score, code) => {
    const teacher = write('teacher.trec', (q) =>
      byLength(q).map((item, i) => (q === 1 && i === 2 ? { ...item, score } : item)),
    );
    expect(error(await distillRun('--teacher', teacher))).toMatchObject({ code, where: `${teacher}:11` });
  });

  test.each(['ranks', 'scores'])('a teacher that scores all alike teaches nothing, by %s', async (labels) => {
    const teacher = write('flat.trec', (q) => shownFor(q).map((id) => ({ id, score: 1 })));
    const run = await distillRun('--teacher', teacher, '--teacher-labels', labels);
    expect(error(run)).toMatchObject({
      code: 'too-little-data',
      message: expect.stringMatching(/0 of 30 queries teach anything; all scores or grades are tied in 30$/),
    });
    expect(existsSync(at('student/card.json'))).toBe(false);
  });

  test('lists of one passage are counted and teach nothing', async () => {
    write('run.trec', (q) => (q < 10 ? [{ id: 'p0', score: 1 }] : byLength(q)));
    const teacher = write('teacher.trec', (q) => (q < 10 ? [{ id: 'p0', score: 1 }] : byLength(q)));
    expect((await distillRun('--teacher', teacher)).code).toBe(0);
    expect(card().training).toMatchObject({ queries: 20, skipped: 10 });
    write('run.trec', () => [{ id: 'p0', score: 1 }]);
    expect(error(await distillRun('--teacher', teacher)).code).toBe('too-little-data');
  });

  test('lists of 1,000 passages, some of them empty', async () => {
    const many = Array.from({ length: 1000 }, (_, i) => `m${i}`);
    writeFileSync(
      at('corpus.jsonl'),
      lines(many.map((_id, i) => ({ _id, text: i % 50 === 0 ? '' : textOf(i) }))),
    );
    const of = (sign: number) => (q: number) =>
      q < 6 ? many.map((id, i) => ({ id, score: sign * ((i * 37 + q) % 1000) })) : [];
    write('run.trec', of(1));
    const run = await distillRun('--teacher', write('teacher.trec', of(-1)), '--depth', '1000');
    expect(run.code).toBe(0);
    expect(card().training).toMatchObject({ queries: 6, passages: 6000 });
  });

  test('a passage that the corpus lacks, and a teacher that ranks none of the candidates', async () => {
    const teacher = write('teacher.trec', byLength);
    write('run.trec', (q) => [...byLength(q), { id: 'gone', score: 0 }]);
    expect(error(await distillRun('--teacher', teacher))).toMatchObject({
      code: 'unknown-id',
      where: 'gone',
    });
    write('run.trec', byLength);
    const other = write('other.trec', () => [
      { id: 'x', score: 2 },
      { id: 'y', score: 1 },
    ]);
    for (const teachers of [[other], [teacher, other]])
      expect(error(await distillRun('--teacher', ...teachers))).toMatchObject({
        code: 'too-little-data',
        message: 'The teacher "other.trec" ranks none of the candidates',
      });
  });

  test('a teacher that ranks less than half of the candidates is named with its share', async () => {
    const whole = write('whole.trec', byLength);
    const top = write('top.trec', (q) => byLength(q).slice(0, 2));
    const run = await distillRun('--teacher', whole, top);
    expect(run.code).toBe(0);
    expect(run.stderr.match(/warning: .*\n/g)).toEqual([
      'warning: the teacher top.trec ranks 25 % of the candidates; the others count as its lowest\n',
    ]);
  });

  test('two queries of one text would stand in training and test: an error', async () => {
    const twins = queries().map(({ id, text }) => ({
      _id: id,
      text: id === 'q7' ? ` ${queries()[3]!.text.toUpperCase()}` : text,
    }));
    writeFileSync(at('queries.jsonl'), lines(twins));
    expect(error(await distillRun('--teacher', write('teacher.trec', byLength)))).toMatchObject({
      code: 'duplicate-id',
      where: 'q3, q7',
    });
  });

  test('too few judged queries to gate is said, with exit code 4 and the student written', async () => {
    writeFileSync(
      at('few.tsv'),
      `query-id\tcorpus-id\tscore\nq1\t${byLength(1)[0]!.id}\t1\nq2\t${byLength(2)[0]!.id}\t1\n`,
    );
    const run = await distillRun('--teacher', write('teacher.trec', byLength), '--qrels', at('few.tsv'));
    expect(run.code).toBe(4);
    expect(JSON.parse(run.stdout).gate).toMatchObject({
      tooFew: true,
      reason: expect.stringMatching(/too few/),
    });
    expect(card().gate.passed).toBe(false);
  });

  test('a training that is stopped leaves no card', async () => {
    const stop = new AbortController();
    stop.abort();
    const args = ['distill', '--dataset', folder, '--encoder', 'none', '--out', at('student')];
    const teacher = write('teacher.trec', byLength);
    const run = await rankforge([...args, '--run', at('run.trec'), '--teacher', teacher], stop);
    expect(run.code).toBe(3);
    expect(existsSync(at('student/card.json'))).toBe(false);
  });
});

/** Judgements of some of the queries, of each the passages that `of` names. */
const judge = (name: string, from: number, to: number, of = (q: number) => shownFor(q)): string => {
  const rows = queries().flatMap(({ id }, q) =>
    q < from || q >= to ? [] : of(q).map((p) => `${id}\t${p}\t${gradeOf(p)}\n`),
  );
  writeFileSync(at(name), `query-id\tcorpus-id\tscore\n${rows.join('')}`);
  return at(name);
};

describe('judgements', () => {
  const graded = (more: readonly string[] = []) => [
    '--labels',
    judge('train.tsv', 0, 20),
    '--qrels',
    judge('gate.tsv', 20, queryCount),
    ...more,
  ];

  test.each(['linear', 'static'])('teach %s what the gate measures on other queries', async (kind) => {
    const run = await distillRun(...graded(['--student', kind, '--loss', 'auto']));
    expect([0, 4]).toContain(run.code);
    const { queries: learnt, gate } = JSON.parse(run.stdout);
    expect(learnt).toBe(20);
    expect(gate.queries).toBeLessThanOrEqual(10);
    if (kind === 'linear') expect(gate.studentMean).toBeGreaterThan(gate.baselineMeans['first stage']);
    expect(card()).toMatchObject({
      training: {
        labels: 'grades',
        loss: 'ndcg-loss2++',
        source: expect.stringMatching(/^judgements/),
      },
      figures: { 'nDCG@10, on queries it did not learn from': gate.studentMean },
      command: expect.stringContaining(' --labels train.tsv '),
    });
    expect(card().training.queries + card().training.skipped).toBe(20);
  });

  test('of a split that the dataset does not name, with all kinds together', async () => {
    writeFileSync(at('qrels/test.tsv'), readFileSync(judge('gate.tsv', 20, queryCount), 'utf8'));
    const run = await distillRun(...graded(['--auto']));
    expect([0, 4]).toContain(run.code);
    expect(JSON.parse(run.stdout).queries).toBe(20);
    expect((await distillRun(...graded(['--split', 'test']), '--out', at('other'))).code).toBe(1);
  });

  test('all kinds together leave out the one that cannot weigh', async () => {
    const weigh = ['--auto', '--loss', 'info-nce', '--false-negatives', 'weigh'];
    const run = await distillRun('--labels', judge('train.tsv', 0, 20), ...weigh);
    expect(JSON.parse(run.stdout).frontier).toMatchObject({
      unfinished: expect.arrayContaining([
        { name: 'lambdamart', why: 'not tried: it cannot weigh false negatives' },
      ]),
    });
  });

  test('what only teachers have is refused, and so are judgements of passages that no list has', async () => {
    const train = judge('train.tsv', 0, 20);
    expect(error(await distillRun('--labels', train, '--teacher-labels', 'scores'))).toMatchObject({
      code: 'usage',
      where: '--teacher-labels',
    });
    const ids = readFileSync(train, 'utf8').replaceAll(/\tp/g, '\tother-p');
    writeFileSync(at('elsewhere.tsv'), ids);
    expect(error(await distillRun('--labels', at('elsewhere.tsv')))).toMatchObject({
      code: 'too-little-data',
      message: 'None of the judged passages is among the candidates',
    });
  });

  test('without judgements of other queries there is no gate', async () => {
    const run = await distillRun('--labels', judge('train.tsv', 0, 20));
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout).gate).toBeUndefined();
  });

  test('a query to learn from and to gate on is an error that names it', async () => {
    const run = await distillRun('--labels', judge('train.tsv', 0, 20), '--qrels', judge('gate.tsv', 18, 30));
    expect(error(run)).toMatchObject({
      code: 'duplicate-id',
      where: 'q18, q19',
      message: '2 queries are both learned from and judged for the gate',
      hint: expect.stringMatching(/tested on what it learned/),
    });
    expect(existsSync(at('student/card.json'))).toBe(false);
  });

  /** Of each query the best of the first half of its candidates; the others are unjudged. */
  const sparse = () =>
    judge('sparse.tsv', 0, 24, (q) => [
      shownFor(q)
        .slice(0, 5)
        .reduce((best, p) => (gradeOf(p) > gradeOf(best) ? p : best)),
    ]);

  test.each([
    ['linear', 'drop', []],
    ['lambdamart', 'drop', []],
    ['static', 'drop', []],
    ['linear', 'weigh', ['--loss', 'info-nce']],
    ['static', 'weigh', ['--loss', 'rank-net']],
  ])('%s can %s what nobody judged, and the card says so', async (kind, way, more) => {
    const run = await distillRun(
      ...['--labels', sparse(), '--student', kind, '--false-negatives', way],
      ...more,
    );
    expect(run.code).toBe(0);
    const { falseNegatives } = card().training;
    expect(falseNegatives).toMatchObject({ way, unjudged: 24 * 7 });
    if (way === 'drop') expect(falseNegatives.dropped).toBeGreaterThan(0);
    else expect(falseNegatives.rates).toHaveLength(2);
    expect(readFileSync(at('student/README.md'), 'utf8')).toContain('| false negatives |');
    expect(card().command).toContain(`--false-negatives ${way}`);
  });

  test('false negatives are of judgements alone, and weighing takes a loss and a kind that can', async () => {
    const teacher = write('teacher.trec', byLength);
    const refused = async (...more: string[]) => error(await distillRun('--false-negatives', ...more));
    expect(await refused('drop', '--teacher', teacher)).toMatchObject({
      code: 'unsupported',
      hint: expect.stringMatching(/learn from judgements/),
    });
    expect(await refused('weigh', '--labels', sparse())).toMatchObject({
      code: 'unsupported',
      message: 'The loss "kl" has no weights for its items',
      hint: expect.stringMatching(/info-nce/),
    });
    expect(await refused('weigh', '--labels', sparse(), '--student', 'lambdamart')).toMatchObject({
      code: 'unsupported',
      message: 'The student "lambdamart" has no setting "falseNegatives" of "weigh"',
    });
    writeFileSync(at('rows.txt'), '1 qid:1 1:1\n0 qid:1 1:0\n');
    const file = ['distill', '--features', at('rows.txt'), '--false-negatives', 'drop'];
    expect(error(await rankforge([...file, '--out', at('other'), '--json']))).toMatchObject({
      code: 'unsupported',
    });
  });

  test('judgements of other queries than the run, and beside what they stand for', async () => {
    writeFileSync(at('other.tsv'), 'query-id\tcorpus-id\tscore\nx\tp1\t1\n');
    expect(error(await distillRun('--labels', at('other.tsv')))).toMatchObject({ code: 'too-little-data' });
    const teacher = write('teacher.trec', byLength);
    const labels = judge('train.tsv', 0, 20);
    expect((await distillRun('--labels', labels, '--teacher', teacher)).code).toBe(2);
    expect((await distill('--labels', labels)).code).toBe(2);
    expect((await distill('--labels', labels, '--clicks', at('none.jsonl'))).code).toBe(2);
  });
});

describe('clicks', () => {
  /** People look at rank k with probability 1/k and click long passages. */
  const clickLog = (perQuery = 12) =>
    queries().flatMap(({ id }, q) =>
      Array.from({ length: perQuery }, (_, session) => {
        const random = randomStream(9, 'clicks', q, session);
        const shown = shownFor(q)
          .map((passage, i) => ({ passage, key: i + 3 * random.next() }))
          .sort((a, b) => a.key - b.key)
          .map(({ passage }) => passage);
        const clicked = shown.flatMap((passage, i) =>
          random.next() < (1 / (i + 1)) * (0.1 + 0.3 * gradeOf(passage)) ? [i + 1] : [],
        );
        return { query: id, shown, clicked };
      }),
    );

  test('a log teaches without a run, and tells how far down people looked', async () => {
    writeFileSync(at('clicks.jsonl'), lines(clickLog()));
    const run = await distill('--clicks', at('clicks.jsonl'));
    expect(run.code).toBe(0);
    const { propensities, queries: learnt } = JSON.parse(run.stdout);
    expect(learnt).toBe(queryCount);
    expect(propensities).toHaveLength(8);
    expect(propensities[0]).toBe(1);
    expect(propensities[5]).toBeLessThan(0.5);
    expect(card().training).toMatchObject({
      labels: 'grades',
      source: expect.stringMatching(/360 sessions/),
    });
  });

  test('all students learn of the log what one does, and tell the same of it', async () => {
    writeFileSync(at('clicks.jsonl'), lines(clickLog()));
    const [one, all] = [
      await distill('--clicks', at('clicks.jsonl')),
      await distill('--clicks', at('clicks.jsonl'), '--auto', '--out', at('all')),
    ];
    const looked = /looked at, by rank: 1\.00 .*\n/;
    expect(all.stderr.match(looked)![0]).toBe(one.stderr.match(looked)![0]);
    expect(JSON.parse(all.stdout).propensities).toEqual(JSON.parse(one.stdout).propensities);
  });

  test('known propensities are taken as they are', async () => {
    writeFileSync(at('clicks.jsonl'), lines(clickLog()));
    const run = await distill('--clicks', at('clicks.jsonl'), '--propensities', '1,0.5,0.33');
    expect(JSON.parse(run.stdout).propensities).toEqual([1, 0.5, 0.33]);
    expect(card().command).toMatch(/ --clicks clicks\.jsonl --propensities 1,0\.5,0\.33 /);
    const wrong = await distill('--clicks', at('clicks.jsonl'), '--propensities', '1,0');
    expect(wrong.code).toBe(2);
  });

  test.each([
    [
      'a click beyond the list',
      { query: 'q1', shown: ['p1'], clicked: [2] },
      /rank 2 and the list ends at 1/,
    ],
    ['a click at rank 0', { query: 'q1', shown: ['p1'], clicked: [0] }, /clicked/],
    ['a passage shown twice', { query: 'q1', shown: ['p1', 'p1'], clicked: [] }, /shown twice/],
    ['a rank clicked twice', { query: 'q1', shown: ['p1'], clicked: [1, 1] }, /clicked twice/],
    ['a misspelt field', { query: 'q1', shown: ['p1'], clicks: [1] }, /clicked/],
  ])('%s is told with its line, or set aside', async (_what, bad, message) => {
    writeFileSync(at('clicks.jsonl'), lines([...clickLog(2), bad]));
    const run = await distill('--clicks', at('clicks.jsonl'));
    expect(error(run)).toMatchObject({
      code: 'bad-line',
      where: `${at('clicks.jsonl')}:61`,
      message: expect.stringMatching(message),
    });
    expect((await distill('--clicks', at('clicks.jsonl'), '--skip-bad')).stderr).toMatch(/skipped: 1/);
  });

  test('a log without clicks, one of unknown passages, and one beside a run', async () => {
    writeFileSync(at('clicks.jsonl'), lines(clickLog(2).map((one) => ({ ...one, clicked: [] }))));
    expect(error(await distill('--clicks', at('clicks.jsonl')))).toMatchObject({ code: 'too-little-data' });
    writeFileSync(at('clicks.jsonl'), lines([{ query: 'q1', shown: ['gone'], clicked: [1] }]));
    expect(error(await distill('--clicks', at('clicks.jsonl')))).toMatchObject({ code: 'unknown-id' });
    writeFileSync(at('clicks.jsonl'), '');
    expect(error(await distill('--clicks', at('clicks.jsonl')))).toMatchObject({ code: 'too-little-data' });
    expect((await distillRun('--clicks', at('clicks.jsonl'))).code).toBe(2);
  });
});
