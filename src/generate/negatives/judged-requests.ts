import type { ExamplePassage } from '../../core/example.js';
import type { Grade } from '../../core/judgement.js';
import type { Passage } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import type { Qrels } from '../../core/run.js';
import type { MiningRequest } from './mine-examples.js';

export interface JudgedCollection {
  readonly passages: ReadonlyMap<string, Passage>;
  readonly queries: ReadonlyMap<string, Query>;
  readonly qrels: Qrels;
}

/**
 * What to mine for from judgements: the relevant passages of each query are its positives, best first, and what was judged otherwise is known
 * not to be. Passages that the collection does not hold are left out.
 *
 * Grades are brought to this scale: the file's highest grade is 3, other relevant ones 2, those below `relevantFrom` 1 where they are above 0, else 0.
 * A file that knows only relevant and not thereby has grades 3 and 0.
 * @param relevantFrom lowest grade of the file that is relevant @default 1
 */
export function judgedRequests(
  { passages, queries, qrels }: JudgedCollection,
  { relevantFrom = 1 }: { readonly relevantFrom?: number } = {},
): MiningRequest[] {
  let highest = relevantFrom;
  for (const grades of qrels.values())
    for (const grade of grades.values()) highest = Math.max(highest, grade);
  const gradeOf = (grade: number): Grade => {
    if (grade < relevantFrom) return grade > 0 ? 1 : 0;
    return grade === highest ? 3 : 2;
  };
  return [...queries.values()].map((query) => {
    const known = new Map<string, Grade>();
    const positives: ExamplePassage[] = [];
    for (const [id, given] of qrels.get(query.id) ?? []) {
      const passage = passages.get(id);
      if (!passage) continue;
      const grade = gradeOf(given);
      known.set(id, grade);
      if (grade >= 2) positives.push({ passage, grade, kind: 'positive', origin: 'judged' });
    }
    return { query, positives: positives.sort((a, b) => b.grade - a.grade), known };
  });
}
