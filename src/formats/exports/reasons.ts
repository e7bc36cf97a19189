import { asLine } from '../../prompts/untrusted-text.js';
import type { ListwisePart } from './list-order.js';

/**
 * A judge's reasons as what is thought before a list is ranked: a line a passage, in the order shown. Passages without a reason
 * are not spoken of. None where a relevant passage has no reason, or where the target is not by grade: reasons that lead
 * elsewhere would teach that an answer need not follow from them.
 */
export function reasonsOf({ shown, order }: ListwisePart, labels: readonly string[]): string | undefined {
  const relevant = shown.filter(({ grade }) => grade >= 2);
  if (relevant.length === 0 || relevant.some(({ reason }) => !reason)) return undefined;
  const grades = order.map((position) => shown[position]!.grade);
  if (grades.some((grade, rank) => rank > 0 && grade > grades[rank - 1]!)) return undefined;
  return shown
    .flatMap(({ reason }, position) => (reason ? [`${labels[position]} ${asLine(reason)}`] : []))
    .join('\n');
}
