/**
 * What the bundled student is worth where nothing can be fetched: BM25's top 100 of collections that it was not trained on, as texts
 * in one list, ordered by it and by BM25 of the list.
 *
 *     npx tsx bench/lexical-student.ts [--student FOLDER] [--depth 100]
 *
 * Every list is shuffled first: the order that the search found says nothing here. Needs the shared data.
 */
import { parseArgs } from 'node:util';
import type { Candidates } from '../src/core/candidates.js';
import { randomStream, shuffle } from '../src/core/random.js';
import type { Run, ScoredId } from '../src/core/run.js';
import { mean } from '../src/core/vectors.js';
import { compareRuns } from '../src/evaluate/compare-runs.js';
import { evaluateRun } from '../src/evaluate/evaluate-run.js';
import { pairedRandomisationTest } from '../src/evaluate/paired-randomisation-test.js';
import { loadDataset } from '../src/formats/dataset.js';
import { readRun } from '../src/formats/trec-run.js';
import { Bm25Index } from '../src/retrieval/bm25-index.js';
import { createReranker } from '../src/surfaces/library/create-reranker.js';
import { hasSharedData, sharedData } from '../test/shared-data.js';

const { values } = parseArgs({
  options: { student: { type: 'string', default: 'lexical' }, depth: { type: 'string', default: '100' } },
});
const depth = Number(values.depth);
const measure = 'nDCG@10';
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

async function listsOf(folder: string, run?: Run) {
  const { passages, queries, qrels } = await loadDataset(folder, { unknownIds: 'count' });
  const index = run ? undefined : await Bm25Index.build(passages.values());
  const lists = [...qrels.keys()].map((queryId): Candidates => {
    const query = queries.get(queryId)!;
    const found = (run ? run.get(queryId)! : index!.search(query.text, depth)).slice(0, depth);
    const items = found.map(({ id, score }) => ({ passage: passages.get(id)!, score }));
    return { query, items };
  });
  return { lists, qrels };
}

const results: Record<string, unknown>[] = [];
const differences: number[][] = [];
await using student = createReranker({ compare: `student:${values.student}` });
await using bm25 = createReranker({ compare: 'bm25' });
for (const name of ['dl19', 'scifact', 'nfcorpus', 'cranfield', 'cosqa', 'handbook']) {
  const bundled = name === 'handbook';
  if (!bundled && !hasSharedData(name)) {
    say(`${name}: skipped, no shared data`);
    continue;
  }
  const folder = bundled ? 'datasets/handbook' : sharedData(name);
  const { lists, qrels } = await listsOf(
    folder,
    name === 'dl19' ? await readRun(sharedData('dl19', 'runs/first-stage/bm25.trec')) : undefined,
  );
  const found: Run = new Map(
    lists.map(({ query, items }) => [
      query.id,
      items.map(({ passage, score }) => ({ id: passage.id, score: score! })),
    ]),
  );
  const orderBy = async ({ rank }: typeof student) => {
    const begun = process.cpuUsage();
    const run = new Map<string, ScoredId[]>();
    for (const { query, items } of lists) {
      const shuffled = shuffle([...items], randomStream(1, 'lists', query.id));
      const ranking = await rank({ query, items: shuffled });
      run.set(
        query.id,
        ranking.items.map(({ id, score }) => ({ id, score })),
      );
    }
    const { user, system } = process.cpuUsage(begun);
    const pairs = lists.reduce((sum, { items }) => sum + items.length, 0);
    return { run, pairsPerSecond: Math.round((pairs * 1e6) / (user + system)) };
  };
  const [ofStudent, ofBm25] = [await orderBy(student), await orderBy(bm25)];
  const compared = compareRuns(qrels, [ofStudent.run, ofBm25.run], measure, { seed: 1 });
  const collection = compareRuns(qrels, [ofStudent.run, found], measure, { seed: 1 });
  if (!bundled) {
    const [a, b] = [ofStudent.run, ofBm25.run].map((run) => evaluateRun(qrels, run, [measure]).perQuery);
    differences.push([...a!].map(([id, row]) => row[measure]! - b!.get(id)![measure]!));
  }
  const row = {
    collection: name,
    queries: compared.queries,
    student: compared.a.mean,
    bm25OfTheList: compared.b.mean,
    difference: compared.difference,
    p: compared.test.p,
    bm25OfTheCollection: collection.b.mean,
    pOfThat: collection.test.p,
    pairsPerSecond: ofStudent.pairsPerSecond,
    bm25PairsPerSecond: ofBm25.pairsPerSecond,
  };
  results.push(row);
  const { low, high } = row.difference;
  say(
    `${name}: student ${row.student.toFixed(4)}, BM25 of the list ${row.bm25OfTheList.toFixed(4)} (${low.toFixed(4)} to ${high.toFixed(4)}, p ${row.p.toFixed(4)}), BM25 of the collection ${row.bm25OfTheCollection.toFixed(4)} (p ${row.pOfThat.toFixed(4)}); ${row.pairsPerSecond} pairs/s, BM25 ${row.bm25PairsPerSecond}`,
  );
}
// Each collection counts alike, however many queries it has.
const pooled = differences.flatMap((own) => own.map((value) => value / own.length));
const { p } = pairedRandomisationTest(
  pooled,
  pooled.map(() => 0),
  { seed: 1 },
);
const zeroShot = { collections: differences.length, difference: mean(differences.map(mean)), p };
say(`mean over ${zeroShot.collections} collections: ${zeroShot.difference.toFixed(4)}, p ${p.toFixed(4)}`);
process.stdout.write(`${JSON.stringify({ results, zeroShot })}\n`);
