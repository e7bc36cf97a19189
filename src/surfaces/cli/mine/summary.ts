import type { FunnelData } from '../../../generate/funnel.js';
import type { FilterThreshold } from '../../../generate/negatives/filter-threshold.js';
import { textTable } from '../text-table.js';

export interface MineResult {
  readonly out: string;
  readonly examples: number;
  readonly positive: number;
  readonly 'hard-negative': number;
  readonly random: number;
  readonly funnel: FunnelData;
  readonly threshold?: FilterThreshold;
  readonly seconds: number;
}

/** What was mined, for people: counts, and why the rest was not. */
export function mineSummary(result: MineResult): string {
  const { out, examples, positive, random, funnel, threshold, seconds } = result;
  const rows = funnel.stages.flatMap(({ stage, rejected, noted }) => [
    ...Object.entries(rejected).map(([reason, count]) => [stage, 'left out', reason, String(count)]),
    ...Object.entries(noted).map(([name, count]) => [stage, 'noted', name, String(count)]),
  ]);
  return [
    textTable(['stage', '', 'what', 'count'], rows),
    ...(threshold ? [`false negatives by ${thresholdLine(threshold)}\n`] : []),
    `${examples} examples, ${positive} positives, ${result['hard-negative']} hard and ${random} random negatives, ${seconds.toFixed(1)} s: ${out}\n`,
  ].join('');
}

/** What was learnt, for people. */
export const learnSummary = (learnt: FilterThreshold & { readonly out: string }): string =>
  `${learnt.out}: ${thresholdLine(learnt)}\n`;

function thresholdLine({ of, threshold, figures }: FilterThreshold): string {
  const share = ({ value, low, high }: FilterThreshold['figures']['kept']): string =>
    `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
  const { queries, pairs, unfiltered, falseNegativeRate, recall, kept } = figures;
  return `${of} from ${threshold.toPrecision(4)}: false negatives ${share(falseNegativeRate)}, unfiltered ${share(unfiltered)}; finds ${share(recall)} of the relevant, lets ${share(kept)} of the others pass (${queries} queries, ${pairs} judged candidates)`;
}
