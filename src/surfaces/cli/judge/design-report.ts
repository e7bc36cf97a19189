import type { Qrels, Run } from '../../../core/run.js';
import { correctedTotal, naiveTotal } from '../../../evaluate/design-based/corrected-total.js';
import { drawSample } from '../../../evaluate/design-based/draw-sample.js';
import { pairId, pairUnits, queryUnits } from '../../../evaluate/design-based/measure-units.js';
import type { Estimate, SampledUnit } from '../../../evaluate/design-based/sampled-unit.js';
import { measure } from '../../../evaluate/parse-measure.js';
import { atomicWrite } from '../../../formats/atomic-write.js';
import type { JudgeFlags } from './judge-flags.js';

/** Its estimates lie within what the mean can be, whatever the formula of their intervals says. */
interface CorrectedRow {
  readonly what: string;
  /** By the judge alone, as if it were people. */
  readonly naive: Estimate;
  readonly corrected: Estimate;
  /** By people's grades of the sample alone. */
  readonly sampleOnly: Estimate;
}

export interface DesignReport {
  readonly sample: string;
  readonly by: 'pair' | 'query';
  readonly drawn: number;
  readonly of: number;
  readonly estimates?: readonly CorrectedRow[];
}

/** The pairs that people are to judge, written down, and with their grades the corrected estimates. */
export async function reportDesign(
  { sample, sampleBy, seed, out, measure: name, relevantFrom }: JudgeFlags,
  { judge, human, run }: { readonly judge: Qrels; readonly human?: Qrels; readonly run?: Run },
): Promise<DesignReport> {
  const byQuery = sampleBy === 'query';
  const ids = byQuery
    ? [...judge.keys()]
    : [...judge].flatMap(([queryId, grades]) => [...grades.keys()].map((id) => pairId(queryId, id)));
  const design = drawSample(ids, { size: sample!, seed });
  const file = `${out}.sample.tsv`;
  const isDrawn = (queryId: string, id: string) => design.drawn.has(byQuery ? queryId : pairId(queryId, id));
  await writeSample(file, judge, isDrawn);
  const report = { sample: file, by: sampleBy, drawn: design.drawn.size, of: ids.length } as const;
  if (!human) return report;
  const known = { judge, human, ...design };
  const isRelevant = (grade: number) => (grade >= relevantFrom ? 1 : 0);
  if (byQuery) {
    const chosen = measure(name, { relevantFrom });
    return { ...report, estimates: run ? [row(`mean ${name}`, queryUnits(known, [run], chosen), 1)] : [] };
  }
  return {
    ...report,
    estimates: [
      row('mean grade', pairUnits(known), 3),
      row(`share of grade ${relevantFrom} and above`, pairUnits(known, isRelevant), 1),
    ],
  };
}

/** @param most the highest that a unit can have; the lowest is 0 */
function row(what: string, units: readonly SampledUnit[], most: number): CorrectedRow {
  // Only here: the estimator's own interval is symmetric, and that is the one whose coverage is known.
  const clip = (value: number): number => Math.min(most, Math.max(0, value));
  const within = ({ value, low, high, standardError }: Estimate): Estimate => ({
    value: clip(value),
    low: clip(low),
    high: clip(high),
    standardError,
  });
  return {
    what,
    naive: within(naiveTotal(units)),
    corrected: within(correctedTotal(units)),
    sampleOnly: within(correctedTotal(units, { use: 'none' })),
  };
}

/** A list to fill in: without the judge's grades, which would lead people. */
async function writeSample(
  path: string,
  judge: Qrels,
  isDrawn: (queryId: string, passageId: string) => boolean,
): Promise<void> {
  const lines = [...judge].flatMap(([queryId, grades]) =>
    [...grades.keys()].flatMap((id) => (isDrawn(queryId, id) ? [`${queryId}\t${id}\n`] : [])),
  );
  await atomicWrite(path, ['# query\tpassage: add the grade, 0 to 3, in a third column\n', ...lines]);
}
