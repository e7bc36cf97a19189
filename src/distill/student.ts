import { z } from 'zod';
import { RankforgeError } from '../core/errors.js';
import type { Passage } from '../core/passage.js';
import type { Query } from '../core/query.js';
import { Calibrator, probabilityOf } from '../rerank/calibration/calibrate.js';
import { type Analyser, analyserOf } from '../retrieval/analyser.js';
import type { TermStatistics } from '../retrieval/bm25.js';
import { createFeatureExtractor, type ListVectors } from './features/extractor.js';
import { GateResult } from './gate.js';
import { type Parameters, scoreFeatures, studentKinds } from './students/scorer.js';

/** What a student is, was made from and is worth. */
export const StudentCard = z.strictObject({
  format: z.literal(1),
  name: z.string(),
  kind: z.enum(studentKinds),
  features: z.strictObject({
    version: z.number().int(),
    dense: z.boolean(),
    firstStage: z.boolean(),
    names: z.array(z.string()).readonly(),
  }),
  analyser: z.string(),
  /** The encoder whose vectors the dense features are made from. */
  encoder: z.strictObject({ id: z.string(), dimensions: z.number().int() }).optional(),
  seed: z.number().int(),
  packageVersion: z.string(),
  recipeHash: z.string().optional(),
  /** What it learned from. */
  training: z.strictObject({
    labels: z.enum(['grades', 'scores']),
    queries: z.number().int(),
    passages: z.number().int(),
    /** Queries that teach nothing: one passage, or equal labels. */
    skipped: z.number().int(),
    /** Nothing trained beat the untrained fusion on held-out queries, so the student is that fusion. */
    priorOnly: z.boolean(),
    /** In words: where queries and labels are from. */
    source: z.string().optional(),
    teachers: z.record(z.string(), z.number()).optional(),
  }),
  selection: z
    .array(
      z.strictObject({
        name: z.string(),
        heldOut: z.number(),
        rounds: z.number().int().optional(),
        chosen: z.boolean(),
      }),
    )
    .readonly(),
  calibration: z
    .strictObject({
      calibrator: Calibrator,
      error: z.number(),
      queries: z.number().int(),
      pairs: z.number().int(),
      /** Whose judgements: hand-made, or the teacher's. */
      source: z.string(),
    })
    .optional(),
  /** Measured figures by name, for instance `nDCG@10`. */
  figures: z.record(z.string(), z.number()).default({}),
  /** Milliseconds a list of `passages`, features included, vectors given. */
  latency: z.strictObject({ milliseconds: z.number(), passages: z.number().int() }).optional(),
  gate: GateResult.optional(),
  /** How it was made. */
  command: z.string().optional(),
});
export type StudentCard = z.infer<typeof StudentCard>;

/** A trained scorer with everything that using it takes. */
export interface Student {
  readonly card: StudentCard;
  readonly parameters: Parameters;
  /** Of the collection that it was trained for. */
  readonly statistics: TermStatistics;
}

export interface PassageScores {
  /** Aligned with the passages; any reals, comparable inside one list. */
  readonly scores: readonly number[];
  /** P(relevant), where the student was calibrated. */
  readonly probabilities?: readonly number[];
}

/** The analyser that a card names. @throws RankforgeError `bad-file` where this version has it no more */
export function cardAnalyser({ analyser }: StudentCard, where: string): Analyser {
  const found = analyserOf(analyser);
  if (found) return found;
  throw new RankforgeError('bad-file', `This version has no analyser ${analyser}`, {
    where,
    hint: 'Distil it again with this version of rankforge.',
  });
}

/**
 * Scores one query's candidates, all of them in one call: features are relative to the list.
 * @returns a function, so that the analyser and its memory are made once
 * @throws RankforgeError `bad-file` for a card whose analyser this version lacks
 */
export function createScorer(
  student: Student,
): (
  query: Pick<Query, 'text'>,
  passages: readonly Pick<Passage, 'title' | 'text'>[],
  vectors?: ListVectors,
) => PassageScores {
  const { card, parameters, statistics } = student;
  const analyser = cardAnalyser(card, card.name);
  const extractor = createFeatureExtractor({ statistics, analyser, ...card.features });
  return (query, passages, vectors) => {
    const scores = [...scoreFeatures(parameters, extractor.extract(query, passages, vectors))];
    const calibrator = card.calibration?.calibrator;
    return calibrator
      ? { scores, probabilities: scores.map((score) => probabilityOf(calibrator, score)) }
      : { scores };
  };
}
