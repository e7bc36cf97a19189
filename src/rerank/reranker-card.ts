import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fromFileError, RankforgeError } from '../core/errors.js';

/** A reranker written down, with the figures that anyone can measure again. */
export const RerankerCard = z.strictObject({
  format: z.literal(1),
  name: z.string().min(1),
  /** As `parseProgram` reads it: `sliding:20/10`. */
  program: z.string().min(1),
  /** As `openNamedComparator` reads it: `first`. */
  comparator: z.string().min(1),
  /** As `openModel` reads it, where the comparator asks one. */
  model: z.string().optional(),
  /** SHA-256 of the model's weights. */
  weights: z.string().optional(),
  /** Id of the prompt, and SHA-256 of its file, that the figures were measured with. */
  prompt: z.strictObject({ id: z.string(), hash: z.string() }).optional(),
  depth: z.number().int().positive().optional(),
  /** Weight of the reranker's scores beside the first stage's: absent, they stand alone. */
  interpolation: z.number().min(0).max(1).optional(),
  figures: z.array(
    z.strictObject({
      collection: z.string(),
      firstStage: z.string(),
      measure: z.string(),
      value: z.number(),
      /** The first stage's own value, and others beside it. */
      beside: z.record(z.string(), z.number()),
      command: z.string(),
    }),
  ),
  limits: z.string(),
});
export type RerankerCard = z.infer<typeof RerankerCard>;

/**
 * Reads a card: its file, or the folder that holds `card.json`.
 * @throws RankforgeError `missing-file`, `bad-file`
 */
export async function readRerankerCard(path: string): Promise<RerankerCard> {
  let file = path;
  try {
    if ((await stat(path)).isDirectory()) file = join(path, 'card.json');
    const result = RerankerCard.safeParse(JSON.parse(await readFile(file, 'utf8')));
    if (result.success) return result.data;
    throw notACard(file, z.prettifyError(result.error));
  } catch (error) {
    throw error instanceof SyntaxError ? notACard(file, error.message) : fromFileError(error, file);
  }
}

const notACard = (where: string, why: string): RankforgeError =>
  new RankforgeError('bad-file', `${where} is not a reranker card: ${why}`, {
    where,
    hint: (spell) =>
      `See rerankers/README.md for what a card holds; a distilled student runs with ${spell('compare', 'student:DIR')}.`,
  });
