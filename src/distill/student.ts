import { z } from 'zod';
import { RankforgeError } from '../core/errors.js';
import type { Passage } from '../core/passage.js';
import type { Query } from '../core/query.js';
import { probabilityOf } from '../rerank/calibration/calibrate.js';
import { type Analyser, analyserOf } from '../retrieval/analyser.js';
import type { TermStatistics } from '../retrieval/bm25.js';
import { CalibrationCard } from './calibration/calibration-card.js';
import { falseNegativeWays } from './curriculum/past-false-negatives.js';
import { createFeatureExtractor, type ListVectors } from './features/extractor.js';
import { GateResult } from './gate.js';
import { Latency } from './latency.js';
import { allStudentKinds } from './student-kinds.js';
import { type Parameters, scoreHeads } from './students/scorer.js';
import type { TextReader } from './texts/text-reader.js';

/** What a student is, was made from and is worth. */
export const StudentCard = z.strictObject({
  format: z.literal(1),
  name: z.string(),
  kind: z.enum(allStudentKinds),
  features: z.strictObject({
    version: z.number().int(),
    dense: z.boolean(),
    firstStage: z.boolean(),
    /** Terms are counted in the list too. Absent: in the collection alone. */
    listStatistics: z.boolean().optional(),
    /** They stand in a feature file: nothing makes them from texts. */
    given: z.boolean().optional(),
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
    /** What was minimised; trees have objectives of their own. Absent in older cards. */
    loss: z.string().optional(),
    /** What was done about passages that nobody judged: left out, or weighed by the rate at which relevant ones are judged, a rate every five ranks. */
    falseNegatives: z
      .strictObject({
        way: z.enum(falseNegativeWays),
        unjudged: z.number().int(),
        dropped: z.number().int().optional(),
        rates: z.array(z.number()).readonly().optional(),
      })
      .optional(),
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
  calibration: CalibrationCard.optional(),
  /** Measured figures by name, for instance `nDCG@10`. */
  figures: z.record(z.string(), z.number()).default({}),
  latency: Latency.optional(),
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
  /** Of the kinds `static` and `cross-encoder`: what reads texts, and whose score is added to that of the parameters. */
  readonly reader?: TextReader;
  /** Of a student whose features are given: what tells the queries that it was trained on, see `queryPrint`. */
  readonly trainedOn?: ReadonlySet<string>;
}

/** Of a student whose features are given. */
export const noStatistics: TermStatistics = {
  documentCount: 0,
  meanLength: 0,
  documentFrequency: new Map(),
};

export interface PassageScores {
  /** Aligned with the passages; any reals, comparable inside one list. */
  readonly scores: readonly number[];
  /** Of a student with two heads, what its probabilities are fitted on. */
  readonly logits?: readonly number[];
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
 * @throws RankforgeError `bad-file` for a card whose analyser this version lacks; `usage` for a student that reads features from a
 * file, and for one that reads texts, which `openScorer` opens
 */
export function createScorer(
  student: Student,
): (
  query: Pick<Query, 'text'>,
  passages: readonly Pick<Passage, 'title' | 'text'>[],
  vectors?: ListVectors,
) => PassageScores {
  const { card, parameters, statistics, reader } = student;
  if (reader) {
    throw new RankforgeError('usage', `The student ${card.name} reads texts, which takes opening`, {
      where: card.name,
      hint: 'Use openScorer or studentComparator, which open students of every kind.',
    });
  }
  if (card.features.given) {
    throw new RankforgeError(
      'usage',
      `The student ${card.name} reads features from a file, and these are texts`,
      {
        where: card.name,
        hint: 'Score the rows of a feature file with it.',
      },
    );
  }
  const analyser = cardAnalyser(card, card.name);
  const extractor = createFeatureExtractor({ statistics, analyser, ...card.features });
  return (query, passages, vectors) => {
    const features = extractor.extract(query, passages, vectors);
    // Of one head the ranking's scores have to serve, which are comparable inside one list alone.
    const { ranking, probability } = scoreHeads(parameters, features);
    const calibrator = card.calibration?.calibrator;
    return {
      scores: [...ranking],
      ...(probability ? { logits: [...probability] } : {}),
      ...(calibrator
        ? { probabilities: Array.from(probability ?? ranking, (logit) => probabilityOf(calibrator, logit)) }
        : {}),
    };
  };
}
