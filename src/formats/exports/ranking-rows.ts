import type { Passage } from '../../core/passage.js';
import type { ImportOptions } from './export-format.js';
import { assumedGrades, type Group, imported } from './row-groups.js';

/** A passage of a ranking prompt. */
interface ShownPassage {
  readonly label: string;
  readonly passage: Passage;
  readonly score?: number | undefined;
}

/**
 * Adds a ranking to its query's passages. Rankings hold no grades: the first passage gets that of a relevant one and the others
 * that of one that is not. Ranks are kept where one ranking is all there is of a query, since those of several lists are of
 * different races; passages that the reply does not name have none.
 */
export function addRanking(
  group: Group,
  shown: readonly ShownPassage[],
  chain: readonly string[],
  options: ImportOptions,
): void {
  const whole = group.rows === 0 && chain.length === shown.length;
  if (group.rows === 1) {
    for (const [id, { teacherRank: _, ...item }] of group.passages) group.passages.set(id, item);
  }
  for (const { label, passage, score } of shown) {
    if (group.passages.has(passage.id)) continue;
    const rank = chain.indexOf(label) + 1;
    const grade = rank === 1 ? assumedGrades.relevant : assumedGrades.other;
    const item = imported(passage, grade, options, {
      ...(score === undefined ? {} : { teacherScore: score }),
      ...(whole ? { teacherRank: rank } : {}),
    });
    group.passages.set(passage.id, item);
  }
}
