import { RankforgeError } from '../../core/errors.js';
import type { ExamplePassage } from '../../core/example.js';
import { passageText } from '../../core/passage.js';
import { createLineIndex } from '../line-index.js';

/**
 * Tells which passages were not seen before, for files that hold each once. Memory holds some 50 bytes a passage.
 * @throws RankforgeError `duplicate-id` for an id that stands for two texts
 */
export function uniquePassages(): (item: ExamplePassage) => boolean {
  const ids = createLineIndex();
  const texts = createLineIndex();
  return ({ passage }) => {
    const newText = texts.add(JSON.stringify([passage.id, passageText(passage)]), 1) === undefined;
    const newId = ids.add(passage.id, 1) === undefined;
    if (newText && !newId) {
      throw new RankforgeError('duplicate-id', `Two passages have the id "${passage.id}"`, {
        where: passage.id,
        hint: 'Give different passages different ids: this format keeps one text an id.',
      });
    }
    return newId;
  };
}
