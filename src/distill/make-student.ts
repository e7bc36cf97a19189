import { packageVersion } from '../core/version.js';
import { createAnalyser } from '../retrieval/analyser.js';
import type { TermStatistics } from '../retrieval/bm25.js';
import type { FeatureSet } from './features/feature-set.js';
import type { Student, StudentCard } from './student.js';
import type { AnyStudentKind } from './student-kinds.js';
import { teaches } from './students/targets.js';
import type { Trained } from './train-student.js';
import type { LabelKind, TrainingList } from './training-list.js';

export interface StudentDetails {
  readonly name: string;
  readonly kind: AnyStudentKind;
  readonly features: FeatureSet;
  readonly statistics: TermStatistics;
  readonly labels: LabelKind;
  readonly seed: number;
  /** Its id. @default English of this version */
  readonly analyser?: string;
  readonly encoder?: { readonly id: string; readonly dimensions: number };
  /** What it was trained with, see `lossOf`. */
  readonly loss?: string;
  /** Weights of the teachers in the labels. */
  readonly teachers?: Readonly<Record<string, number>>;
  /** Where queries and labels are from, in words. */
  readonly source?: string;
  readonly recipeHash?: string;
  readonly command?: string;
}

/** A student with the card that its training gives; calibration, gate and figures are added by `withCard`. */
export function makeStudent(
  trained: Trained,
  lists: readonly TrainingList[],
  details: StudentDetails,
): Student {
  const { name, kind, features, statistics, labels, seed, encoder, teachers, source, recipeHash, command } =
    details;
  const { analyser = createAnalyser('english').id } = details;
  return {
    parameters: trained.parameters,
    statistics,
    card: {
      format: 1,
      name,
      // A student that is its prior is linear, whatever was asked for.
      kind: trained.priorOnly ? trained.parameters.kind : kind,
      features,
      analyser,
      encoder: encoder && { id: encoder.id, dimensions: encoder.dimensions },
      seed,
      packageVersion,
      recipeHash,
      training: {
        labels,
        queries: trained.lists,
        passages: lists.filter(teaches).reduce((sum, list) => sum + list.features.rows, 0),
        skipped: trained.skipped,
        priorOnly: trained.priorOnly,
        source,
        loss: details.loss,
        falseNegatives: trained.falseNegatives,
        teachers,
      },
      selection: trained.selection,
      figures: {},
      command,
    },
  };
}

/** What is learned of a student after its training. */
export type CardAdditions = Pick<Partial<StudentCard>, 'figures' | 'latency' | 'gate' | 'calibration'>;

/** A copy of the student whose card says more. */
export const withCard = (student: Student, additions: CardAdditions): Student => ({
  ...student,
  card: { ...student.card, ...additions },
});
