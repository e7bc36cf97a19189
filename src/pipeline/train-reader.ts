import { passageText } from '../core/passage.js';
import type { JobOptions } from '../core/progress.js';
import type { FeatureSet } from '../distill/features/feature-set.js';
import { makeStudent, type StudentDetails } from '../distill/make-student.js';
import type { Student } from '../distill/student.js';
import { fineTunedCrossEncoder, tinyCrossEncoder } from '../distill/students/cross-encoder.js';
import { staticArchitecture } from '../distill/students/static.js';
import { trainingOfKinds } from '../distill/students/training-settings.js';
import type { ReaderKind } from '../distill/texts/text-reader.js';
import { type TextList, type TrainedText, trainTextStudent } from '../distill/texts/train-text-student.js';
import { withoutFeatures } from '../distill/texts/without-features.js';
import type { TrainOptions } from '../distill/train-student.js';
import type { LabelKind, LabelledCandidates, TrainingList } from '../distill/training-list.js';
import type { EmbeddingModel } from '../models/embedding-model.js';
import { resolveWeights } from '../models/weights/resolve.js';

export interface TrainReaderOptions extends JobOptions {
  readonly kind: ReaderKind;
  /** Aligned with `lists`: features and labels. */
  readonly trainingLists: readonly TrainingList[];
  readonly lists: readonly LabelledCandidates[];
  readonly features: FeatureSet;
  readonly labels: LabelKind;
  readonly seed: number;
  readonly training?: TrainOptions['training'];
  /** Gives a static student its terms' first vectors. */
  readonly encoder?: EmbeddingModel;
  /** Alias, URI or folder of the weights that a cross-encoder starts from. @default from scratch */
  readonly weights?: string;
  /** Where a stopped training leaves what it goes on from. */
  readonly workFolder?: string;
  readonly details: Omit<StudentDetails, 'features' | 'labels' | 'seed' | 'kind'>;
}

/**
 * Trains a student that reads texts on the lists that the others learn from: with an encoder it starts from its weights, else from
 * scratch.
 * @throws RankforgeError `unsupported` for a setting of other kinds, and what `trainTextStudent` and the weights may throw
 */
export async function trainReader(
  options: TrainReaderOptions,
): Promise<{ readonly trained: TrainedText; readonly student: Student }> {
  const { kind, trainingLists, features, labels, seed, workFolder, details, signal, onProgress } = options;
  const training = trainingOfKinds([kind], options.training ?? {})(kind);
  const texts = withTexts(trainingLists, options.lists);
  const settings = { features, labels, seed, training, folder: workFolder, signal, onProgress };
  const trained =
    kind === 'static'
      ? await trainTextStudent(
          texts,
          await staticArchitecture(allTexts(texts), { encoder: options.encoder, seed, signal }),
          settings,
        )
      : await trainTextStudent(texts, await crossEncoderFor(texts, options), settings);
  const made = makeStudent(trained, trainingLists, { ...details, kind, features, labels, seed });
  const { reader } = trained;
  if (!reader) return { trained, student: made };
  const ranksAlone =
    trained.parameters.kind === 'linear' && trained.parameters.weights.every((weight) => weight === 0);
  const student = { ...made, reader };
  return { trained, student: ranksAlone ? withoutFeatures(student) : student };
}

const crossEncoderFor = async (
  texts: readonly TextList[],
  { weights, seed, signal, onProgress }: TrainReaderOptions,
) =>
  weights === undefined
    ? tinyCrossEncoder(allTexts(texts), { seed, signal })
    : fineTunedCrossEncoder({ weights: await resolveWeights(weights, { signal, onProgress }), seed });

/** Each text once. */
const allTexts = (lists: readonly TextList[]): Set<string> =>
  new Set(lists.flatMap(({ query, passages }) => [query, ...passages]));

function withTexts(trainingLists: readonly TrainingList[], lists: readonly LabelledCandidates[]): TextList[] {
  const byQuery = new Map(lists.map((list) => [list.query.id, list]));
  return trainingLists.map((list) => {
    const { query, passages } = byQuery.get(list.queryId)!;
    return { ...list, query: query.text, passages: passages.map(passageText) };
  });
}
