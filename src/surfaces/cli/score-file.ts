import { RankforgeError } from '../../core/errors.js';
import { loadStudent } from '../../distill/student-folder.js';
import { scoreFeatureFile } from '../../pipeline/score-feature-file.js';
import { studentFolder } from '../library/open-comparator.js';
import { checkOutput } from './check-output.js';
import { type CliContext, printResult } from './cli-context.js';
import { openReading } from './reading.js';

interface ScoreFileFlags {
  readonly compare: string;
  readonly dataset?: string;
  readonly run?: string;
  readonly scores?: boolean;
  readonly skipBad?: boolean;
  readonly out: string;
  readonly json?: boolean;
}

/** `rerank --features`: a student on the rows of a feature file. */
export async function scoreFile(options: ScoreFileFlags, path: string, context: CliContext): Promise<void> {
  const { compare, out, scores } = options;
  const { signal, onProgress } = context;
  const folder = compare.startsWith('student:') ? compare.slice('student:'.length) : undefined;
  if (folder === undefined || options.dataset !== undefined || options.run !== undefined) {
    throw new RankforgeError(
      'usage',
      '--features goes with --compare student:DIR, and without --dataset and --run',
      {
        where: '--features',
        hint: 'Distil a student from a feature file first: rankforge distill --features FILE.',
      },
    );
  }
  await checkOutput(out);
  using reading = openReading(options, context);
  const student = await loadStudent(studentFolder(folder) ?? folder);
  const write = scores ? 'scores' : 'run';
  const result = await scoreFeatureFile({ path, reading, student, out, write, signal, onProgress });
  const { queries, rows, ndcg, judgedQueries, unknownValues } = result;
  if (unknownValues > 0)
    context.stderr(
      `warning: values of features that the student does not know, passed over: ${unknownValues}\n`,
    );
  const worth =
    ndcg === undefined
      ? ''
      : `, nDCG@10 ${ndcg.toFixed(4)} over ${judgedQueries} queries with a label above 0`;
  printResult(context, options, result, () => `${rows} rows of ${queries} queries${worth}: ${out}\n`);
}
