import type { GenerateSetOptions } from '../../generate/generate-set.js';
import type { Judge } from '../../generate/judge/judge.js';
import { readFilterThreshold } from '../../generate/negatives/filter-threshold.js';
import type { MixShare } from '../../generate/negatives/mix.js';
import { judgeFilter } from '../../generate/negatives/relevance-filter.js';
import type { LanguageModel } from '../../models/language-model.js';
import type { FirstStage } from '../first-stage.js';
import type { GenerateSection } from '../recipe/generate-section.js';
import { negativeCounts } from '../recipe/negatives-section.js';

export interface MiningSettingsOptions {
  readonly firstStage: FirstStage;
  readonly judge: Judge;
  /** As a threshold's file names it. */
  readonly judgeName: string;
  readonly writer: LanguageModel;
}

/** Where negatives come from. */
export async function miningSettings(
  { negatives }: GenerateSection,
  { firstStage, judge, judgeName, writer }: MiningSettingsOptions,
): Promise<GenerateSetOptions['mining']> {
  const { from, band, belowShare, belowMargin, onFalseNegative, threshold } = negatives;
  const { mined, written, random } = negativeCounts(negatives);
  const relevantFrom = negatives.falseNegativeGrade as 1 | 2 | 3;
  const retrievers = from?.map((name) => firstStage.retrievers.get(name)!) ?? [firstStage.best];
  const learnt = threshold === undefined ? undefined : await readFilterThreshold(threshold, judgeName);
  const mix = negatives.mix ?? (written > 0 ? mixOf({ mined, written, random }) : undefined);
  return {
    sources: retrievers.map((retriever) => ({ retriever, band, belowShare, belowMargin })),
    band,
    onFalseNegative,
    filter: judgeFilter(judge, { name: judgeName, relevantFrom, threshold: learnt?.threshold }),
    writer: { model: writer },
    ...(mix
      ? { mix, count: mined + random + written, onShort: negatives.mix ? negatives.onShort : 'leave' }
      : { count: mined, random }),
  };
}

const mixOf = (counts: Readonly<Record<'mined' | 'written' | 'random', number>>): MixShare[] =>
  (['mined', 'written', 'random'] as const).flatMap((kind) =>
    counts[kind] > 0 ? [{ kind, share: counts[kind] }] : [],
  );
