import { passageText } from '../core/passage.js';
import type { ListwiseFrame } from '../formats/exports/listwise-frame.js';
import { loadPrompt, renderPrompt } from '../prompts/template.js';
import { asLine } from '../prompts/untrusted-text.js';
import { writtenLabels } from './labels.js';
import { exampleRanking } from './listwise-prompt.js';

/**
 * How rankforge's own comparators `generate` and `reason` ask, for chat exports: a model that is trained on them is asked the same
 * way when it ranks.
 */
export function trainingFrame(): ListwiseFrame {
  return {
    labels: writtenLabels,
    messages: (query, passages, thinking) => {
      const labels = writtenLabels(passages.length);
      return renderPrompt(loadPrompt(thinking ? 'rerank/reason' : 'rerank/listwise'), {
        query: asLine(query.text),
        instruction: asLine(query.instruction ?? ''),
        passages: passages.map((passage, index) => ({
          label: labels[index],
          text: asLine(passageText(passage)),
        })),
        example: exampleRanking(labels),
      });
    },
    reply: (labels, thinking) =>
      thinking === undefined
        ? labels.join(' > ')
        : `<think>\n${thinking}\n</think>\nRanking: ${labels.join(' > ')}`,
  };
}
