import { RankforgeError } from '../core/errors.js';
import type { Qrels, Run, ScoredId } from '../core/run.js';
import type { ClickSession } from '../distill/clicks/click-log.js';
import type { StudentDetails } from '../distill/make-student.js';
import type { TeacherWeights } from '../distill/teachers/weigh-teachers.js';
import { shownCandidates } from './click-labels.js';
import { type JudgedCandidates, judgedCandidates } from './judged-labels.js';

/** What a student can learn from without a model being called. */
export type Recorded = RecordedRankings | RecordedClicks | RecordedGrades;

interface RecordedRankings {
  /** The candidates, in first-stage order. */
  readonly run: Run;
  readonly depth: number;
  /** One or more rankings of them, by name. */
  readonly teachers: Readonly<Record<string, Run>>;
  /** How the teachers count: alike, or by their agreement with half of the judged queries, which the gate then leaves out. @default equal */
  readonly teacherWeights?: 'equal' | 'judged';
  /** Whether the scores of the rankings mean something or only their order. @default ranks */
  readonly supervision?: 'ranks' | 'scores';
}

interface RecordedClicks {
  readonly sessions: readonly ClickSession[];
  /** How likely each position is to be looked at; learnt from the log where left out. */
  readonly propensities?: readonly number[];
}

interface RecordedGrades {
  /** The candidates, in first-stage order: of the queries to learn from, and of those that the gate decides on. */
  readonly run: Run;
  readonly depth: number;
  /** Judgements to learn from. A candidate that they do not name has grade 0. */
  readonly grades: Qrels;
}

/** What is ranked and learned from; labels only where they are grades that were given. */
export function candidatesToLabel(
  learnFrom: Recorded,
  gate: Qrels | undefined,
): Pick<JudgedCandidates, 'candidates'> & Partial<JudgedCandidates> {
  if ('grades' in learnFrom) {
    const { run, grades, depth } = learnFrom;
    return judgedCandidates(run, grades, { depth, gate });
  }
  if ('sessions' in learnFrom) return { candidates: shownCandidates(learnFrom.sessions) };
  return { candidates: rankedByAll(learnFrom) };
}

/** The candidates of the queries that every teacher ranks too: the others teach nothing. */
function rankedByAll({ run, teachers, depth }: RecordedRankings): Map<string, readonly ScoredId[]> {
  const candidates = new Map(
    [...run]
      .filter(([id]) => Object.values(teachers).every((teacher) => teacher.has(id)))
      .map(([id, items]) => [id, items.slice(0, depth)]),
  );
  if (candidates.size > 0) return candidates;
  throw new RankforgeError('too-little-data', 'No query is in the run and in every teacher', {
    where: 'queries',
    hint: 'Give runs of the same queries.',
  });
}

/** The same in words, for a card. */
export function describeRecorded(
  learnFrom: Recorded,
  weights: TeacherWeights | undefined,
): Pick<StudentDetails, 'source' | 'teachers'> {
  if ('sessions' in learnFrom) {
    const how = learnFrom.propensities ? 'given' : 'learnt from them';
    return { source: `${learnFrom.sessions.length} sessions of clicks, position bias ${how}` };
  }
  if ('grades' in learnFrom) return { source: 'judgements, with grade 0 for what they do not name' };
  const names = Object.keys(learnFrom.teachers);
  if (names.length === 1 || !weights) return { source: `the runs ${names.join(', ')}` };
  return { source: `the runs ${names.join(', ')}; ${weights.reason}`, teachers: weights.weights };
}
