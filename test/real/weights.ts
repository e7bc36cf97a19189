import { resolveWeights, type Weights } from '../../src/models/weights/resolve.js';

/** The weights of an alias, or why they cannot be had here: tests then skip and say so in their name. */
export async function tryWeights(alias: string): Promise<{ weights?: Weights; why: string }> {
  try {
    return { weights: await resolveWeights(alias, { signal: AbortSignal.timeout(540_000) }), why: '' };
  } catch (error) {
    return { why: error instanceof Error ? error.message.split('\n')[0]! : String(error) };
  }
}
