import { RankforgeError } from '../../core/errors.js';
import type { Example, ExamplePassage } from '../../core/example.js';
import type { Grade } from '../../core/judgement.js';
import type { Passage } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import type { Run } from '../../core/run.js';
import { lineOf, reportBadLine } from '../bad-line.js';
import { findJudgement, readQrels } from '../qrels.js';
import type { ImportOptions } from './export-format.js';
import { imported } from './row-groups.js';
import type { SplitFile } from './split-files.js';

/** Where the parts of a judged collection are. */
interface JudgedCollection {
  readonly qrels: readonly SplitFile[];
  /** All queries of a split, by id. */
  readonly queries: (file: SplitFile) => Promise<ReadonlyMap<string, Query>>;
  readonly passages: () => AsyncIterable<Passage>;
  /** A teacher's run of a split, where there is one. */
  readonly run?: (file: SplitFile) => Promise<Run | undefined>;
}

/**
 * Examples of queries, judgements and a corpus in files of their own. Memory holds what is judged and not the corpus.
 * @throws RankforgeError as the readers, and `unknown-id` and `bad-line` with the line of the judgement
 */
export async function* judgedExamples(
  { qrels, queries: queriesOf, passages, run: runOf }: JudgedCollection,
  options: ImportOptions,
): AsyncGenerator<Example> {
  const judged = await Promise.all(
    qrels.map(async (file) => ({ file, grades: await readQrels(file.path, options) })),
  );
  const needed = new Set(
    judged.flatMap(({ grades }) => [...grades.values()].flatMap((one) => [...one.keys()])),
  );
  const texts = new Map<string, Passage>();
  for await (const passage of passages()) if (needed.has(passage.id)) texts.set(passage.id, passage);
  for (const { file, grades } of judged) {
    const { path, split } = file;
    const queries = await queriesOf(file);
    const run = await runOf?.(file);
    for (const [queryId, ofQuery] of grades) {
      const query = queries.get(queryId);
      if (!query) {
        await bad(path, queryId, undefined, `the query "${queryId}" is not among the queries`, options);
        continue;
      }
      const ranked = new Map(
        run?.get(queryId)?.map(({ id, score }, index) => [id, { score, rank: index + 1 }]),
      );
      const items: ExamplePassage[] = [];
      for (const [passageId, written] of ofQuery) {
        const passage = texts.get(passageId);
        const grade = gradeOf(written, options);
        if (!passage)
          await bad(path, queryId, passageId, `the passage "${passageId}" is not in the corpus`, options);
        else if (grade === undefined) {
          await bad(path, queryId, passageId, `the grade ${written} is not on the scale 0 to 3`, options);
        } else {
          const teacher = ranked.get(passageId);
          items.push(
            imported(
              passage,
              grade,
              options,
              teacher ? { teacherScore: teacher.score, teacherRank: teacher.rank } : {},
            ),
          );
        }
      }
      yield { query, passages: items, split, ledgerKeys: [] };
    }
  }
}

/** Below 0, as in some collections for spam, is not relevant. */
function gradeOf(written: number, { binary }: ImportOptions): Grade | undefined {
  if (binary) return written > 0 ? 3 : 0;
  return written > 3 ? undefined : (Math.max(0, written) as Grade);
}

async function bad(
  path: string,
  queryId: string,
  passageId: string | undefined,
  what: string,
  options: ImportOptions,
): Promise<void> {
  const line = await findJudgement(path, queryId, passageId);
  const where = lineOf(path, line);
  const isScale = what.includes('scale');
  const error = new RankforgeError(isScale ? 'bad-line' : 'unknown-id', `${where}: ${what}`, {
    where,
    hint: isScale
      ? 'Map the grades to 0 to 3, or read them as relevant or not.'
      : 'Correct the judgements, or give the files that they were made for.',
  });
  reportBadLine({ path, line, raw: Buffer.from(`${queryId}\t${passageId ?? ''}`), error }, options);
}
