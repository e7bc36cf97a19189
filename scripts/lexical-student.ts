/**
 * Trains the bundled student of `rerankers/lexical`: `npm run lexical-student`. It learns from the bundled sample corpus alone, which
 * is Apache-2.0: a section's heading is a query, and the section is what it should find among those that speak of the same. The
 * sample's judged queries decide at the gate, as texts in one list beside BM25 of the list, and teach nothing.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { randomStream, shuffle } from '../src/core/random.js';
import type { Run, ScoredId } from '../src/core/run.js';
import { createFeatureExtractor } from '../src/distill/features/extractor.js';
import { runGate } from '../src/distill/gate.js';
import { makeStudent, withCard } from '../src/distill/make-student.js';
import { studentComparator } from '../src/distill/student-comparator.js';
import { saveStudent } from '../src/distill/student-folder.js';
import { type StudentKind, studentKinds } from '../src/distill/students/scorer.js';
import { trainStudent } from '../src/distill/train-student.js';
import { buildTrainingLists } from '../src/distill/training-list.js';
import { loadDataset } from '../src/formats/dataset.js';
import type { Comparator } from '../src/rerank/comparator.js';
import { fusedComparator } from '../src/rerank/comparators/fused.js';
import { composeReranker } from '../src/rerank/reranker.js';
import { createAnalyser } from '../src/retrieval/analyser.js';
import { termStatistics } from '../src/retrieval/bm25.js';
import { Bm25Index } from '../src/retrieval/bm25-index.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'rerankers/lexical/student') },
    kind: { type: 'string', default: 'linear' },
  },
});
const seed = 7;
const depth = 50;

const dataset = await loadDataset(join(root, 'datasets/handbook'));
const passages = [...dataset.passages.values()];
const index = await Bm25Index.build(passages);
// "Page › Section": the same heading may stand on several pages, and over several passages of a long section.
const sections = new Map<string, string[]>();
for (const { id, title = '' } of passages) {
  const heading = title.split(' › ').at(-1)!;
  sections.set(heading, [...(sections.get(heading) ?? []), id]);
}
const items = [...sections].map(([heading, own]) => {
  const ids = [...new Set([...index.search(heading, depth).map(({ id }) => id), ...own])];
  return {
    query: { id: heading, text: heading },
    passages: ids.map((id) => dataset.passages.get(id)!),
    labels: ids.map((id) => (own.includes(id) ? 1 : 0)),
  };
});

const kind = studentKinds.find((one) => one === values.kind) satisfies StudentKind | undefined;
if (!kind) throw new Error(`--kind is one of ${studentKinds.join(', ')}`);
const statistics = termStatistics(passages, createAnalyser('english'));
const extractor = createFeatureExtractor({ statistics, dense: false, listStatistics: true });
const lists = await buildTrainingLists(items, extractor);
// As scores: a softmax of grades would spread the label over all that is not the section.
const trained = await trainStudent(lists, { kind, features: extractor.set, labels: 'scores', seed });
const student = makeStudent(trained, lists, {
  ...{ kind, statistics, seed, name: 'lexical', features: extractor.set, labels: 'scores' },
  source: 'headings of the bundled sample, each to find its section',
  command: 'npm run lexical-student',
});

/** The sample's judged queries by a comparator that sees the texts of their candidates and nothing else. */
async function judgedRun(comparator: Comparator): Promise<Run> {
  const { rerank } = composeReranker({ program: 'full', comparator });
  const run = new Map<string, ScoredId[]>();
  for (const query of dataset.queries.values()) {
    const found = index.search(query.text, 100).map(({ id }) => ({ passage: dataset.passages.get(id)! }));
    const { items: ranked } = await rerank({ query, items: shuffle(found, randomStream(seed, query.id)) });
    run.set(
      query.id,
      ranked.map(({ id, score }) => ({ id, score })),
    );
  }
  return run;
}

const gate = runGate({
  student: { name: kind, run: await judgedRun(studentComparator(student)) },
  baselines: { 'BM25 of the list': await judgedRun(fusedComparator()) },
  qrels: dataset.qrels,
  seed,
});
await saveStudent(values.out, withCard(student, { gate, figures: { [gate.measure]: gate.studentMean } }));
for (const { name, heldOut, chosen } of trained.selection)
  process.stdout.write(`${name}: ${heldOut.toFixed(4)}${chosen ? ', chosen' : ''}\n`);
process.stdout.write(`gate ${gate.passed ? 'passed' : 'not passed'}: ${gate.reason}\n`);
