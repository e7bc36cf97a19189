import { type Passage, passageText } from '../core/passage.js';
import type { JobOptions } from '../core/progress.js';
import type { Query } from '../core/query.js';
import type { SessionOptions } from '../models/onnx/session.js';
import { probabilityOf } from '../rerank/calibration/calibrate.js';
import type { ListVectors } from './features/extractor.js';
import { createScorer, type PassageScores, type Student } from './student.js';
import { openReader } from './texts/open-reader.js';

/** A student of any kind that is ready to score. */
export interface StudentScorer extends AsyncDisposable {
  /** @param vectors where the card's features are dense */
  score(
    query: Pick<Query, 'text'>,
    passages: readonly Pick<Passage, 'title' | 'text'>[],
    options?: Pick<JobOptions, 'signal'> & { readonly vectors?: ListVectors },
  ): Promise<PassageScores>;
}

/**
 * Opens a student of any kind: the score of its features, where it has some, and that of its reader are added.
 * @throws RankforgeError `missing-package` for a cross-encoder without onnxruntime-node; `bad-file`, `bad-weights`, `usage`
 */
export async function openScorer(student: Student, options?: SessionOptions): Promise<StudentScorer> {
  const { card, reader, parameters } = student;
  const readsFeatures =
    !reader || parameters.kind !== 'linear' || parameters.weights.some((one) => one !== 0);
  const ofFeatures = readsFeatures ? createScorer({ ...student, reader: undefined }) : undefined;
  const ofTexts = reader && (await openReader(reader, options));
  const calibrator = card.calibration?.calibrator;
  return {
    async score(query, passages, { signal, vectors } = {}) {
      const first = ofFeatures?.(query, passages, vectors);
      if (!ofTexts) return first!;
      const read = await ofTexts.score(query.text, passages.map(passageText), { signal });
      const scores = Array.from(read, (score, i) => score + (first?.scores[i] ?? 0));
      return calibrator
        ? { scores, probabilities: scores.map((score) => probabilityOf(calibrator, score)) }
        : { scores };
    },
    async [Symbol.asyncDispose]() {
      await ofTexts?.[Symbol.asyncDispose]();
    },
  };
}
