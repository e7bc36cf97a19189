import { RankforgeError } from '../../core/errors.js';
import type { ExamplePassage } from '../../core/example.js';
import type { Grade } from '../../core/judgement.js';
import { type Passage, passageText } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import type { CallOptions } from '../../models/language-model.js';
import { createDuplicateIndex } from '../hygiene/near-duplicates.js';
import type { Verdict } from '../judge/judge.js';
import { judgeUnknown } from '../judge-unknown.js';
import { judgedHardness } from '../negatives/hardness.js';
import { type GradesThatFollow, queryType } from './query-types.js';
import type { CheckedQuery, SourceCheck } from './verified.js';
import type { WrittenQuery } from './write-queries.js';

/** Asks the judge about a passage; one without a grade is unknown. Without a judge the passage counts as what it was made to be. */
type Ask = (query: Query, passage: Passage, constructed: Grade) => Promise<Asked>;
type Asked = Pick<Verdict, 'grade' | 'reason'> & { readonly score?: number | undefined };

interface Grading {
  readonly written: WrittenQuery;
  /** What the judge is asked. */
  readonly search: Query;
  readonly least: Grade;
  readonly ask: Ask;
  readonly checks: SourceCheck;
  readonly options: CallOptions;
}

/** The grades, or why the query does not count. */
type Graded =
  | { readonly passages: readonly ExamplePassage[]; readonly reversed?: readonly ExamplePassage[] }
  | { readonly reason: string };

/** Settles the grades that follow from how a query was made, by the judge where there is one. */
export async function gradeSource(
  written: WrittenQuery,
  checks: SourceCheck,
  options: CallOptions,
): Promise<CheckedQuery> {
  const { judge, leastGrade = 2 } = checks;
  const ledgerKeys = [...written.ledgerKeys];
  const ask: Ask = async (query, passage, constructed) => {
    if (!judge) return { grade: constructed };
    const verdict = await judge(query, passage, options);
    ledgerKeys.push(...verdict.ledgerKeys);
    return verdict;
  };
  const search = written.search ?? written.query;
  const { grades } = queryType(written.type);
  const graded = await graders[grades]({ written, search, least: leastGrade, ask, checks, options });
  if ('reason' in graded) return { stage: 'judge-source', reason: graded.reason };
  const { query, twin } = written;
  const seeds = [{ query, search, passages: graded.passages }];
  if (twin && graded.reversed) seeds.push({ query: twin, search: twin, passages: graded.reversed });
  return { written, grade: graded.passages[0]!.grade, seeds, ledgerKeys };
}

const graders: Record<GradesThatFollow, (grading: Grading) => Promise<Graded>> = {
  source: gradeOne,
  both: gradeBoth,
  none: gradeNone,
  reversed: gradeReversed,
};

const judged = (asked: Asked): { reason: string } => ({
  reason: asked.grade === undefined ? judgeUnknown(asked) : `judged-${asked.grade}`,
});

const positive = (passage: Passage, grade: Grade): ExamplePassage => ({
  passage,
  grade,
  kind: 'positive',
  origin: 'corpus',
});

/** As hard as the judge's score says. */
const negative = (
  passage: Passage,
  grade: Grade,
  { score }: Asked,
  origin: ExamplePassage['origin'] = 'corpus',
): ExamplePassage => ({ passage, grade, kind: 'hard-negative', origin, ...judgedHardness(score) });

async function gradeOne({ written: { passage }, search, least, ask }: Grading): Promise<Graded> {
  const asked = await ask(search, passage, 3);
  const { grade } = asked;
  if (grade === undefined || grade < least) return judged(asked);
  return { passages: [positive(passage, grade)] };
}

/** Both together must answer, and neither may be there for nothing: each answers in part. */
async function gradeBoth({ written, search, least, ask }: Grading): Promise<Graded> {
  const { passage, linked } = written;
  if (!linked) return { reason: 'no-linked-passage' };
  const joined: Passage = {
    id: `${passage.id}+${linked.id}`,
    text: `${passageText(passage)}\n\n${passageText(linked)}`,
  };
  const together = await ask(search, joined, 3);
  if (together.grade === undefined || together.grade < least) return judged(together);
  const grades: Grade[] = [];
  for (const one of [passage, linked]) {
    const alone = await ask(search, one, 2);
    if (alone.grade === undefined) return judged(alone);
    if (alone.grade === 0) return { reason: 'one-passage-enough' };
    grades.push(alone.grade === 3 ? 3 : 2);
  }
  return {
    passages: [positive(passage, grades[0]!), positive(linked, grades[1]!)],
  };
}

/** Nothing near may answer it: its source, and the first that retrieval finds. All of them are hard negatives. */
async function gradeNone({ written, search, least, ask, checks, options }: Grading): Promise<Graded> {
  const { judge, unanswerable } = checks;
  if (!judge || !unanswerable) {
    throw new RankforgeError('usage', 'Nothing tells whether an unanswerable query is one', {
      where: 'unanswerable',
      hint: 'Give a judge, and a retriever with its corpus as `unanswerable`; or leave the type out.',
    });
  }
  const { retriever, corpus, first = 5 } = unanswerable;
  const { passage: source } = written;
  const asked = await ask(search, source, 1);
  const { grade: own } = asked;
  if (own === undefined) return judged(asked);
  if (own >= least) return { reason: 'answerable' };
  // On the subject by construction, whatever a strict judge says.
  const passages = [negative(source, own === 0 ? 1 : own, asked)];
  const seen = createDuplicateIndex();
  seen.add(source.id, passageText(source));
  for (const { id } of await retriever.search(search, first, options)) {
    const passage = id === source.id ? undefined : await corpus.get(id);
    if (!passage) continue;
    const found = await ask(search, passage, 0);
    const { grade } = found;
    if (grade === undefined) return judged(found);
    if (grade >= least) return { reason: 'answerable' };
    // Read all the same: the word that a near-duplicate has more may be the answer.
    if (seen.add(id, passageText(passage))) continue;
    passages.push(negative(passage, grade, found, `mined:${retriever.name}`));
  }
  return { passages };
}

/** The source counts under the instruction, and does not under its reverse. */
async function gradeReversed({ written, search, least, ask, checks }: Grading): Promise<Graded> {
  const { passage, twin } = written;
  if (!twin) return { reason: 'no-twin' };
  const asked = await ask(search, passage, 3);
  const { grade } = asked;
  if (grade === undefined || grade < least) return judged(asked);
  const flipped: Asked = checks.reversed === 'trust' ? { grade: 0 } : await ask(twin, passage, 0);
  if (flipped.grade === undefined) return judged(flipped);
  if (flipped.grade >= least) return { reason: 'not-reversed' };
  return {
    passages: [positive(passage, grade)],
    reversed: [negative(passage, 0, flipped)],
  };
}
