import { RankforgeError } from '../../core/errors.js';
import type { Passage } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import type { Warning } from '../../core/warning.js';
import type { LanguageModel, NextTokenReply } from '../../models/language-model.js';
import type { PromptTemplate } from '../../prompts/template.js';
import type { Comparison } from '../comparator.js';
import type { Fitted } from '../fit-passages.js';
import { chooseLabels, type LabelSet, type LabelStyle } from '../labels.js';
import { listwisePrompt } from '../listwise-prompt.js';

export interface LabelQuestion {
  readonly model: LanguageModel;
  readonly template: PromptTemplate;
  /** @default the first style that the model's tokenizer tells apart */
  readonly labelStyle?: LabelStyle;
  /** For each label, the reply that begins with it. */
  readonly repliesOf: (labels: readonly string[]) => string[];
}

/** A prompt over labelled passages, with the replies whose first label is read. */
export interface AskedLabels extends Fitted {
  readonly labels: readonly string[];
  readonly replies: readonly string[];
  /** Those of the prompt and of what all replies begin with, which is prefilled. */
  readonly promptTokens: number;
}

/** Prompts that are answered by the log-probabilities of labels. Labels are chosen once a number of passages. */
export function labelQuestion({ model, template, labelStyle, repliesOf }: LabelQuestion) {
  const byCount = new Map<number, LabelSet>();
  const labelsFor = (count: number): LabelSet => {
    const labels = byCount.get(count) ?? chooseLabels(count, model, labelStyle, repliesOf);
    if (!labels) throw ambiguous(model, count, labelStyle);
    byCount.set(count, labels);
    return labels;
  };
  /** @throws RankforgeError `ambiguous-labels` where no label style has a token a label; `context-overflow` */
  return (query: Query, passages: readonly Passage[]): AskedLabels => {
    const { labels } = labelsFor(passages.length);
    const replies = repliesOf(labels);
    // What the replies share is prefilled, and one label token is read.
    const replyTokens = model.countTokens(replies[0]!) + 1;
    const fitted = listwisePrompt(model, { query, passages, labels, template, replyTokens });
    return {
      ...fitted,
      labels,
      replies,
      promptTokens: fitted.promptTokens + sharedTokens(replies, model),
    };
  };
}

function ambiguous(model: LanguageModel, count: number, style: LabelStyle | undefined): RankforgeError {
  const inStyle = style ? ` in the style ${style}` : '';
  return new RankforgeError(
    'ambiguous-labels',
    `${model.id} has no token a label for ${count} passages${inStyle}`,
    {
      where: model.id,
      hint: style
        ? 'Leave the label style out, or use smaller windows.'
        : 'Use smaller windows, or the comparator "generate".',
    },
  );
}

/**
 * The order by log-probability. Labels that were not shown follow in input order, with a warning, and there are no scores then.
 * @throws RankforgeError `bad-reply` where no label was shown
 */
export function readLabelOrder(
  reply: NextTokenReply,
  query: Query,
): Pick<Comparison, 'order' | 'scores' | 'warnings'> {
  const seen = reply.logProbabilities;
  const unseen = seen.filter((value) => value === null).length;
  if (unseen === seen.length) {
    throw new RankforgeError('bad-reply', 'The model showed the log-probability of no label', {
      where: query.id,
      hint: 'Use a server that shows more of its top log-probabilities, or the comparator "generate".',
      usage: reply.usage,
    });
  }
  const scores = seen.map((value) => value ?? Number.NEGATIVE_INFINITY);
  // Infinity minus itself is no number, so unseen labels are compared apart.
  const order = scores
    .map((_, index) => index)
    .sort((a, b) => (scores[a] === scores[b] ? a - b : scores[b]! > scores[a]! ? 1 : -1));
  const given = reply.warnings ?? [];
  if (unseen === 0) return { order, scores, warnings: given };
  const message = `${unseen} of ${seen.length} labels were not among the model's top tokens and keep their order below the others; those seen hold a probability of ${reply.mass.toPrecision(3)}`;
  return { order, warnings: [...given, { code: 'unseen-labels', message, id: query.id }] };
}

/** The warning of a comparator that would read log-probabilities and has the model write instead. */
export const noLogits = (id: string, what: string): Warning => ({
  code: 'fallback-generate',
  message: `${id} shows no log-probabilities: ${what} was written out instead`,
  id,
});

/** Tokens that all replies begin with: they are prefilled, and so are prompt tokens. */
function sharedTokens(replies: readonly string[], model: Pick<LanguageModel, 'countTokens'>): number {
  const first = replies[0]!;
  let length = first.length;
  for (const reply of replies) {
    let same = 0;
    while (same < length && reply[same] === first[same]) same++;
    length = same;
  }
  // The labels differ from here on, or from the token that reaches over it: `[A` is one token, so `[` is none of its own.
  const shared = first.slice(0, length);
  const whole = model.countTokens(first);
  return shared !== '' && model.countTokens(shared) + model.countTokens(first.slice(length)) === whole
    ? model.countTokens(shared)
    : 0;
}
