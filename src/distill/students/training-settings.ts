import { RankforgeError } from '../../core/errors.js';
import type { FalseNegativeWay } from '../curriculum/past-false-negatives.js';
import type { CurriculumName } from '../curriculum/plan-epoch.js';
import { defaultLosses, parseLossMix } from '../losses/loss-mix.js';
import { type AnyStudentKind, allStudentKinds } from '../student-kinds.js';
import { isReaderKind } from '../texts/text-reader.js';
import type { LabelKind } from '../training-list.js';
import { checkWeighted, featureLoss, type LossSettings } from './open-loss.js';

/** What students are trained with, beside the settings that cross-validation chooses among. */
export interface TrainingSettings extends LossSettings {
  /** Which lists count when. @default all alike */
  readonly curriculum?: CurriculumName;
  /**
   * A second output for the probability beside the one for the order, see `dualHead`: what a student is calibrated on.
   * @default false
   */
  readonly twoHeads?: boolean;
  /** What is done about passages that nobody judged. @default nothing: they count as not relevant */
  readonly falseNegatives?: FalseNegativeWay;
}

/** Trees have objectives of their own; only `mlp` sees lists in an order that a curriculum could choose, and has a body for two heads. */
const heeded: Readonly<Record<AnyStudentKind, readonly (keyof TrainingSettings)[]>> = {
  linear: ['loss', 'importance', 'falseNegatives'],
  lambdamart: ['falseNegatives'],
  mlp: ['loss', 'importance', 'curriculum', 'twoHeads', 'falseNegatives'],
  static: ['loss', 'importance', 'falseNegatives'],
  'cross-encoder': ['loss', 'importance', 'falseNegatives'],
};

/** Items are weighed by losses alone, and trees have none of ours. */
const heeds = (kind: AnyStudentKind, name: keyof TrainingSettings, { falseNegatives }: TrainingSettings) =>
  heeded[kind].includes(name) &&
  (name !== 'falseNegatives' || falseNegatives !== 'weigh' || heeded[kind].includes('loss'));

/** Whether a kind can do what is asked about false negatives, if anything is. */
export const mendsLabels = (kind: AnyStudentKind, training: TrainingSettings): boolean =>
  training.falseNegatives === undefined || heeds(kind, 'falseNegatives', training);

/**
 * The loss that a kind is trained with, for its card; nothing where it has none. What reads texts takes by default what suits the
 * labels as it gets them: an order has been made into scores by then.
 */
export const lossOf = (
  kind: AnyStudentKind,
  labels: LabelKind,
  { loss }: LossSettings = {},
): string | undefined =>
  heeded[kind].includes('loss')
    ? (loss ?? (isReaderKind(kind) ? defaultLosses[labels] : featureLoss))
    : undefined;

/** @throws RankforgeError `unsupported` for a setting that the kind has not */
export function checkTraining(kind: AnyStudentKind, training: TrainingSettings): void {
  const deaf = settingsIn(training).find((name) => !heeds(kind, name, training));
  if (!deaf) return;
  const others = allStudentKinds.filter((one) => heeds(one, deaf, training));
  throw new RankforgeError(
    'unsupported',
    `The student "${kind}" has no setting "${deaf}"${heeded[kind].includes(deaf) ? ` of "${training[deaf]}"` : ''}`,
    {
      where: `training.${deaf}`,
      hint: `Leave it out, or train ${others.join(' or ')}.`,
    },
  );
}

/**
 * The settings for each of several kinds that are trained together: those that the kind has.
 * @throws RankforgeError `unsupported` for a setting that none of them has, and for weights with a loss that has none
 */
export function trainingOfKinds(
  kinds: readonly AnyStudentKind[],
  training: TrainingSettings,
): (kind: AnyStudentKind) => TrainingSettings {
  const idle = settingsIn(training).find((name) => !kinds.some((kind) => heeds(kind, name, training)));
  if (idle && kinds[0]) checkTraining(kinds[0], { [idle]: training[idle] });
  return (kind) => {
    const own: TrainingSettings = Object.fromEntries(
      settingsIn(training)
        .filter((name) => heeds(kind, name, training))
        .map((name) => [name, training[name]]),
    );
    const loss = lossOf(kind, 'grades', own);
    if (own.falseNegatives === 'weigh' && loss) checkWeighted(parseLossMix(loss), loss);
    return own;
  };
}

const settingsIn = (training: TrainingSettings): (keyof TrainingSettings)[] =>
  (Object.keys(training) as (keyof TrainingSettings)[]).filter((name) => training[name] !== undefined);
