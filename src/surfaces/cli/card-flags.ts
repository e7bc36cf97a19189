import { RankforgeError } from '../../core/errors.js';
import type { Comparator } from '../../rerank/comparator.js';
import type { RerankerCard } from '../../rerank/reranker-card.js';

/** What a card writes down, in place of the flags. */
export const withCard = <F extends CardedFlags>(
  flags: F,
  { program, comparator, prompt, model, depth, interpolation }: RerankerCard,
): F & { readonly method: string; readonly compare: string } => ({
  ...flags,
  method: program,
  compare: comparator,
  prompt: prompt?.id ?? flags.prompt,
  model: model ?? flags.model,
  depth: depth ?? flags.depth,
  interpolate: interpolation ?? flags.interpolate,
});

interface CardedFlags {
  readonly prompt?: string;
  readonly model?: string;
  readonly depth?: number;
  readonly interpolate?: number | 'tuned';
}

/** A card's figures are of its own weights and prompt. @throws RankforgeError `bad-weights`, `bad-file` */
export function checkCard({ name, weights, prompt }: RerankerCard, { provenance }: Comparator): void {
  const hint = 'Use the release that the card was measured with, or measure again and write a new card.';
  // A local model's id holds the beginning of its weights' hash.
  if (weights !== undefined && !provenance?.modelId?.includes(weights.slice(0, 16))) {
    throw new RankforgeError('bad-weights', `The card ${name} was measured with other weights`, {
      where: name,
      hint,
    });
  }
  if (prompt !== undefined && provenance?.promptHash !== prompt.hash) {
    throw new RankforgeError(
      'bad-file',
      `The card ${name} was measured with another version of ${prompt.id}`,
      { where: name, hint },
    );
  }
}
