import type { GenerateSetOptions } from '../../generate/generate-set.js';
import type { GenerateTopicSetOptions } from '../../generate/generate-topic-set.js';
import type { Judge } from '../../generate/judge/judge.js';
import type { LanguageModel } from '../../models/language-model.js';
import type { GenerateSection } from '../recipe/generate-section.js';

/** Graded passages and edits, where any are asked for. */
export function writtenSettings(
  { graded, edits }: GenerateSection,
  model: LanguageModel,
  judge: Judge,
): Pick<GenerateSetOptions, 'graded' | 'edits' | 'disagreement'> {
  const { share, lengths, styles, onDisagreement, rewrites } = graded;
  return {
    graded: share > 0 ? { model, share, lengths, styles, judge } : undefined,
    edits: edits.share > 0 ? { model, share: edits.share, how: edits.how, judge } : undefined,
    disagreement: { onDisagreement, rewrites },
  };
}

/** Graded passages where they are all that there is: every query gets them, whatever the share. */
export function writtenAlone(
  { graded: { lengths, styles, onDisagreement, rewrites } }: GenerateSection,
  model: LanguageModel,
): Pick<GenerateTopicSetOptions, 'graded' | 'disagreement'> {
  return { graded: { model, lengths, styles }, disagreement: { onDisagreement, rewrites } };
}
