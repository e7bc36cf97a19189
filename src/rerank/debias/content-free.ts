import { RankforgeError } from '../../core/errors.js';
import type { Passage } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import type { Comparator } from '../comparator.js';
import { compareInTurn, finiteScores, type Showing } from './compare-in-turn.js';
import { meanByPosition, type ProfileSource, subtractProfile } from './position-profile.js';

export interface ContentFreeOptions {
  /** What stands in the passages' places: a window full of each, their profiles averaged. @default 'N/A', '[MASK]' and nothing */
  readonly texts?: readonly string[];
  /** Whether the query is still asked, or replaced too: then one profile serves all queries. @default 'kept' */
  readonly query?: 'kept' | 'replaced';
}

// Zhao et al., section 5: the mean over these three.
const defaultTexts = ['N/A', '[MASK]', ''];

/**
 * Contextual calibration: the same prompt is asked with passages that say nothing, and what each position gets there
 * is taken off its score. One profile a query and size of window, `texts.length` calls with short prompts.
 * @throws RankforgeError `usage` for a comparator that sees each passage alone, and without texts
 * @see Zhao et al. 2021, arXiv:2102.09690
 */
export function contentFreeComparator(comparator: Comparator, options: ContentFreeOptions = {}): Comparator {
  return subtractProfile(comparator, contentFreeProfile(comparator, options));
}

/** The scores that each position gets from passages without content. */
export function contentFreeProfile(
  comparator: Comparator,
  { texts = defaultTexts, query: handling = 'kept' }: ContentFreeOptions = {},
): ProfileSource {
  if (texts.length === 0) {
    throw new RankforgeError('usage', 'No texts stand in for passages without content', {
      hint: "Give one or more, for instance 'N/A'.",
    });
  }
  const showings = (query: Query, count: number): Showing[] =>
    texts.map((text) => ({
      query: handling === 'kept' ? query : { id: query.id, text: text || 'N/A' },
      passages: Array.from(
        { length: count },
        (_, position): Passage => ({ id: `content-free-${position + 1}`, text }),
      ),
    }));
  return {
    name: 'content-free',
    keyOf: ({ text, instruction }) => (handling === 'kept' ? JSON.stringify([text, instruction ?? '']) : ''),
    among: handling === 'kept' ? 'query' : 'all',
    showings,
    async measure(query, count, options) {
      const { comparisons, usage, warnings } = await compareInTurn(
        comparator,
        showings(query, count),
        options,
      );
      const lists = comparisons.map(finiteScores);
      const seen = lists.filter((scores) => scores !== undefined);
      return { profile: seen.length === lists.length ? meanByPosition(seen) : undefined, usage, warnings };
    },
  };
}
