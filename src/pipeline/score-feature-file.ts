import { RankforgeError } from '../core/errors.js';
import type { JobOptions } from '../core/progress.js';
import { mean, orderByScore } from '../core/vectors.js';
import { featureMatrices } from '../distill/feature-files/feature-lists.js';
import { queryPrint } from '../distill/feature-files/query-print.js';
import type { FeatureMatrix } from '../distill/features/feature-set.js';
import type { Student } from '../distill/student.js';
import { scoreFeatures } from '../distill/students/scorer.js';
import { listGains } from '../distill/students/targets.js';
import { atomicWrite } from '../formats/atomic-write.js';
import type { ReadOptions } from '../formats/bad-line.js';
import { type FeatureRows, readSvmlight } from '../formats/svmlight.js';
import { toField, toFirstField } from '../formats/trec-field.js';
import { scoresInOrder } from '../formats/trec-order.js';

export interface ScoreFeatureFileOptions extends JobOptions {
  readonly path: string;
  readonly reading: ReadOptions;
  readonly student: Student;
  readonly out: string;
  /** `scores`: one a line, in the file's order. `run`: a TREC run. */
  readonly write: 'scores' | 'run';
}

export interface ScoredFeatureFile {
  readonly out: string;
  readonly queries: number;
  readonly rows: number;
  /** nDCG@10, gain 2^label − 1, mean over the queries with a label above 0; absent where none has. */
  readonly ndcg?: number;
  readonly judgedQueries: number;
  /** Values of features that the student was not trained on: they are passed over. */
  readonly unknownValues: number;
}

/**
 * Scores the rows of a feature file with a student that was trained on one. Memory holds one query, whatever the file's length.
 * A query with a label above 0 would be measured: it must not be one that the student was trained on.
 * @throws RankforgeError `usage` for a student that makes its features from texts; `duplicate-id` for a judged query that it was
 * trained on; as `readSvmlight` and `atomicWrite`
 */
export async function scoreFeatureFile(options: ScoreFeatureFileOptions): Promise<ScoredFeatureFile> {
  const { path, reading, student, out, write, signal, onProgress } = options;
  const { names, given } = student.card.features;
  if (!given) {
    throw new RankforgeError('usage', `The student ${student.card.name} makes its features from texts`, {
      where: path,
      hint: 'Rerank a run of a dataset with it, or distil one from a feature file.',
    });
  }
  const toMatrix = featureMatrices(names);
  const values: number[] = [];
  const counts = { queries: 0, rows: 0, unknownValues: 0 };
  async function* lines(): AsyncGenerator<string> {
    for await (const query of readSvmlight(path, reading)) {
      signal?.throwIfAborted();
      const { matrix, unknown } = toMatrix(query);
      checkUnseen(query, matrix, student, path);
      const scores = scoreFeatures(student.parameters, matrix);
      const gains = Float64Array.from(query.rows, ({ label }) => 2 ** Math.max(0, label) - 1);
      values.push(...listGains([scores], [gains]));
      counts.queries++;
      counts.rows += query.rows.length;
      counts.unknownValues += unknown;
      onProgress?.({ stage: 'score', done: counts.queries, unit: 'items' });
      yield write === 'scores' ? [...scores].map((score) => `${score}\n`).join('') : runLines(query, scores);
    }
  }
  await atomicWrite(out, lines());
  return {
    out,
    ...counts,
    ...(values.length > 0 ? { ndcg: mean(values) } : {}),
    judgedQueries: values.length,
  };
}

function checkUnseen(
  { queryId, rows }: FeatureRows,
  matrix: FeatureMatrix,
  { trainedOn }: Student,
  path: string,
): void {
  if (!trainedOn || rows.every(({ label }) => label <= 0)) return;
  const print = queryPrint(matrix);
  if (print === undefined || !trainedOn.has(print)) return;
  throw new RankforgeError('duplicate-id', `The student was trained on query "${queryId}"`, {
    where: `${path}: query ${queryId}`,
    hint: 'Leave it out, since nDCG on what it learned from says nothing; or give its rows the label 0, and they are scored alone.',
  });
}

function runLines(
  { queryId, rows }: { readonly queryId: string; readonly rows: readonly { readonly id: string }[] },
  scores: Float64Array,
): string {
  const items = orderByScore(scores).map((row) => ({
    id: toField(rows[row]!.id, 'space'),
    score: scores[row]!,
  }));
  const written = scoresInOrder(items);
  return items
    .map(
      ({ id }, rank) => `${toFirstField(queryId)} Q0 ${id} ${rank + 1} ${written[rank]} rankforge-student\n`,
    )
    .join('');
}
