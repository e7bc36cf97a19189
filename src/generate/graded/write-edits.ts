import type { ExamplePassage } from '../../core/example.js';
import type { Grade } from '../../core/judgement.js';
import { type Passage, passageText } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import type { CallOptions } from '../../models/language-model.js';
import type { Funnel } from '../funnel.js';
import type { Judge } from '../judge/judge.js';
import { judgeUnknown } from '../judge-unknown.js';
import { judgedHardness } from '../negatives/hardness.js';
import { normaliseText } from '../words.js';
import { editPassage, type PassageEdit } from './edit-passage.js';
import type { GradedWriter } from './write-graded-passages.js';

export interface EditOptions {
  readonly writer: GradedWriter;
  /** One edit each. */
  readonly how: readonly PassageEdit[];
}

export interface EditedSource {
  readonly query: Query;
  /** A positive of the query, to be edited. */
  readonly source: ExamplePassage;
  /** What the example holds already, the source too: an edit that is one of these texts is left out. */
  readonly held: readonly Passage[];
  /** Reads edits in which the fact is missing; without one they count as grade 1. */
  readonly judge?: Judge;
}

/** The grade of an edit by construction: on the subject, without the answer. */
const constructed: Grade = 1;

/**
 * Negatives by minimal edits of a query's source, counted under `edits`. One in which the fact is missing is judged, and dropped where
 * the judge does not put it below the source; one with a wrong fact is not, since a judge that does not know the fact would take it for an answer.
 */
export async function writeEdits(
  { query, source, held, judge }: EditedSource,
  { writer, how: kinds }: EditOptions,
  funnel: Funnel,
  call: CallOptions,
): Promise<{ readonly passages: readonly ExamplePassage[]; readonly ledgerKeys: readonly string[] }> {
  const passages: ExamplePassage[] = [];
  const ledgerKeys: string[] = [];
  // Not near-duplicates: of the source and of one another edits are just that.
  const texts = new Set(held.map((passage) => normaliseText(passageText(passage))));
  for (const how of kinds) {
    const edited = await editPassage({ query, passage: source.passage, how }, writer, call);
    ledgerKeys.push(...edited.ledgerKeys);
    if (!edited.passage) {
      funnel.reject('edits', edited.reason);
      continue;
    }
    const text = normaliseText(edited.passage.text);
    if (texts.has(text)) {
      funnel.reject('edits', 'exact-duplicate');
      continue;
    }
    texts.add(text);
    let grade: Grade = constructed;
    let score: number | undefined;
    if (how === 'missing' && judge) {
      const verdict = await judge(query, edited.passage, call);
      ledgerKeys.push(...verdict.ledgerKeys);
      if (verdict.grade === undefined || verdict.grade >= source.grade || verdict.grade >= 2) {
        funnel.reject('edits', verdict.grade === undefined ? judgeUnknown(verdict) : 'still-answers');
        continue;
      }
      grade = verdict.grade;
      score = verdict.score;
    }
    funnel.accept('edits');
    funnel.note('edits', how);
    passages.push({
      passage: edited.passage,
      grade,
      kind: 'hard-negative',
      origin: `edited:${how}`,
      ...judgedHardness(score),
    });
  }
  return { passages, ledgerKeys };
}
