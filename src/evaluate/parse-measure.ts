import { RankforgeError } from '../core/errors.js';
import { nearestName } from '../core/names.js';
import type { Grades, MeasureOptions } from './measures/measure.js';
import { type MeasureBase, measures } from './measures/registry.js';

/** A measure with its cutoff. */
export interface Measure {
  /** As it was asked for, for instance `nDCG@10`. */
  readonly name: string;
  /** @param ranking passage ids, best first  @returns the measure's value for one query, 0 to 1 */
  of(ranking: readonly string[], grades: Grades): number;
}

/** Other words for the same thing: the mean is taken anyway. */
const synonyms: Readonly<Record<string, MeasureBase>> = { MAP: 'AP', MRR: 'RR', Recall: 'R', Precision: 'P' };

/** These take every grade as it is, or ask only whether there is one: a lowest relevant grade would be passed over in silence. */
const takesNoGrade: readonly string[] = ['nDCG', 'nDCG-exp', 'Judged'];

/** A precision or success over a whole ranking tells its length more than its quality. */
const needsCutoff: readonly string[] = ['P', 'Success', 'Judged'];

/**
 * A measure by name: `nDCG@10`, `nDCG-exp@10`, `AP`, `AP@100`, `RR@10`, `R@100`, `P@10`, `Success@5`, `Judged@10`;
 * `P(rel=2)@10` counts grades from 2 as relevant.
 * @param options `relevantFrom` for names that do not say it
 * @throws RankforgeError `unknown-name` with the nearest right one
 */
export function measure(name: string, options: Pick<MeasureOptions, 'relevantFrom'> = {}): Measure {
  const match = /^([A-Za-z-]+)(?:\(rel=(\d+)\))?(?:@(\d+))?$/.exec(name);
  const base = match ? (synonyms[match[1]!] ?? match[1]!) : name;
  const cutoff = match?.[3] === undefined ? undefined : Number(match[3]);
  if (!match || !Object.hasOwn(measures, base) || cutoff === 0) throw unknownMeasure(name);
  if (cutoff === undefined && needsCutoff.includes(base)) {
    throw new RankforgeError('unknown-name', `The measure "${name}" needs a cutoff`, {
      where: name,
      hint: `Write "${name}@10".`,
    });
  }
  if (match[2] !== undefined && takesNoGrade.includes(base)) {
    throw new RankforgeError('unknown-name', `The measure "${base}" has no lowest relevant grade`, {
      where: name,
      hint: `Write "${name.replace(/\(.*\)/, '')}".`,
    });
  }
  const settings: MeasureOptions = {
    cutoff,
    relevantFrom: match[2] === undefined ? (options.relevantFrom ?? 1) : Number(match[2]),
  };
  const calculate = measures[base as MeasureBase];
  return { name, of: (ranking, grades) => calculate(ranking, grades, settings) };
}

function unknownMeasure(name: string): RankforgeError {
  const list = `Known: ${Object.keys(measures).join(', ')}, with a cutoff as in nDCG@10.`;
  if (name === '') return new RankforgeError('unknown-name', 'No measure is named', { hint: list });
  // The @ may be what was left out.
  const [, written = name, after, digits] = /^([^@]*?)(?:@(.*)|(\d+))?$/.exec(name) ?? [];
  const asked = after ?? digits;
  const known = [...Object.keys(measures), ...Object.keys(synonyms)];
  const lowered = known.map((candidate) => candidate.toLowerCase());
  const nearest = nearestName(written.toLowerCase(), lowered);
  const near = nearest === undefined ? undefined : known[lowered.indexOf(nearest)];
  const cutoff = asked === undefined ? '' : /^[1-9]\d*$/.test(asked) ? `@${asked}` : '@10';
  return new RankforgeError('unknown-name', `There is no measure "${name}"`, {
    where: name,
    hint: near ? `Did you mean "${near}${cutoff}"?` : list,
  });
}
