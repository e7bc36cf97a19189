import type { Candidates } from '../core/candidates.js';
import type { Example, ExamplePassage } from '../core/example.js';
import { sumScores, type TeacherRun, teacherScores } from '../distill/teachers/measure-teachers.js';
import { markByTeacher } from '../generate/negatives/hardness.js';

/** Written passages are in no index, so no ranking has a score for them. */
const isOfCollection = ({ origin }: ExamplePassage): boolean => !/^(?:generated|edited):/.test(origin);

/** Each query's candidates, and after them the passages of its example that are of the collection and no candidates. */
export function withOwnPassages(
  lists: readonly Candidates[],
  examples: readonly Example[],
): readonly Candidates[] {
  const byQuery = new Map(examples.map((example) => [example.query.id, example]));
  return lists.map(({ query, items }) => {
    const known = new Set(items.map(({ passage }) => passage.id));
    const own = (byQuery.get(query.id)?.passages ?? []).filter(
      (item) => isOfCollection(item) && !known.has(item.passage.id),
    );
    return { query, items: [...items, ...own.map(({ passage }) => ({ passage, score: 0 }))] };
  });
}

/**
 * Examples with the fused teachers' score and rank on each passage of the collection, random negatives too: comparable inside
 * one example. A passage that a run did not score has its lowest, as in the labels.
 * @param lists as `withOwnPassages` makes them
 * @param weights of the runs in the labels; those without one, or with 0, take no part
 */
export function labelExamples(
  examples: readonly Example[],
  {
    lists,
    runs,
    weights,
  }: {
    readonly lists: readonly Candidates[];
    readonly runs: readonly TeacherRun[];
    readonly weights: ReadonlyMap<string, number>;
  },
): Example[] {
  const ids = new Map(lists.map(({ query, items }) => [query.id, items.map(({ passage }) => passage.id)]));
  const parts = runs.flatMap((run) => {
    const weight = weights.get(run.name) ?? 0;
    return weight > 0 ? [{ z: teacherScores(run, ids), weight }] : [];
  });
  const scores = sumScores(parts, ids);
  return examples.map((example) => {
    const own = ids.get(example.query.id) ?? [];
    const labels = own
      .map((id, index) => ({ id, score: scores.get(example.query.id)![index]! }))
      .sort((a, b) => b.score - a.score);
    const ranks = new Map(labels.map(({ id, score }, index) => [id, { score, rank: index + 1 }]));
    // What an example was mined by is then no longer what its passages are called hard by.
    return markByTeacher({
      ...example,
      passages: example.passages.map((item) => {
        const label = ranks.get(item.passage.id);
        return label ? { ...item, teacherScore: label.score, teacherRank: label.rank } : item;
      }),
    });
  });
}
