import { randomStream } from '../../core/random.js';
import { drawWeighted } from '../sample/weighted-draw.js';
import type { SelectionOptions } from './selection.js';

export interface ByDifficultyOptions extends SelectionOptions {
  /**
   * `hardest` takes the hardest (EL2N's pruning); `proportional` draws in proportion to difficulty (DART's Prop2Diff);
   * `easiest` the easiest. @default proportional
   */
  readonly prefer?: 'hardest' | 'proportional' | 'easiest';
  /**
   * Part of the examples, hardest first, that is left out before, 0 to 1: the very hardest are often labelled wrongly.
   * Fewer are left out where the count would not be reached. @default 0
   */
  readonly dropHardest?: number;
}

/**
 * Selects by difficulty; ties go by a number drawn for each. Exactly min(count, examples).
 * @see Paul, Ganguli & Dziugaite 2021, arXiv:2107.07075 (sections 3 and 5: the hardest examples hold the label noise);
 *   Tong et al. 2024, arXiv:2407.13690 (Prop2Diff)
 */
export function pickByDifficulty(difficulties: readonly number[], options: ByDifficultyOptions): number[] {
  const { count, seed, prefer = 'proportional', dropHardest = 0 } = options;
  const random = randomStream(seed, 'difficulty');
  const uniforms = difficulties.map(() => random.next());
  const hardestFirst = [...difficulties.keys()].sort(
    (a, b) => difficulties[b]! - difficulties[a]! || uniforms[a]! - uniforms[b]!,
  );
  const dropped = Math.min(
    Math.floor(dropHardest * difficulties.length),
    Math.max(0, difficulties.length - count),
  );
  const kept = hardestFirst.slice(dropped);
  if (prefer === 'hardest') return kept.slice(0, count);
  if (prefer === 'easiest') return kept.reverse().slice(0, count);
  return drawWeighted(
    // One of difficulty 0 comes last, and not never.
    kept.map((index) => Math.log(Math.max(difficulties[index]!, 1e-300))),
    kept.map((index) => uniforms[index]!),
    count,
  ).map((at) => kept[at]!);
}
