import { RankforgeError } from '../../core/errors.js';
import type { CurriculumName } from '../curriculum/plan-epoch.js';
import { defaultLosses } from '../losses/loss-mix.js';
import { type AnyStudentKind, allStudentKinds } from '../student-kinds.js';
import { isReaderKind } from '../texts/text-reader.js';
import type { LabelKind } from '../training-list.js';
import { featureLoss, type LossSettings } from './open-loss.js';

/** What students are trained with, beside the settings that cross-validation chooses among. */
export interface TrainingSettings extends LossSettings {
  /** Which lists count when. @default all alike */
  readonly curriculum?: CurriculumName;
  /**
   * A second output for the probability beside the one for the order, see `dualHead`: what a student is calibrated on.
   * @default false
   */
  readonly twoHeads?: boolean;
}

/** Trees have objectives of their own; only `mlp` sees lists in an order that a curriculum could choose, and has a body for two heads. */
const heeded: Readonly<Record<AnyStudentKind, readonly (keyof TrainingSettings)[]>> = {
  linear: ['loss', 'importance'],
  lambdamart: [],
  mlp: ['loss', 'importance', 'curriculum', 'twoHeads'],
  static: ['loss', 'importance'],
  'cross-encoder': ['loss', 'importance'],
};

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
  const deaf = settingsIn(training).find((name) => !heeded[kind].includes(name));
  if (!deaf) return;
  const others = allStudentKinds.filter((one) => heeded[one].includes(deaf));
  throw new RankforgeError('unsupported', `The student "${kind}" has no setting "${deaf}"`, {
    where: `training.${deaf}`,
    hint: `Leave it out, or train ${others.join(' or ')}.`,
  });
}

/**
 * The settings for each of several kinds that are trained together: those that the kind has.
 * @throws RankforgeError `unsupported` for a setting that none of them has
 */
export function trainingOfKinds(
  kinds: readonly AnyStudentKind[],
  training: TrainingSettings,
): (kind: AnyStudentKind) => TrainingSettings {
  const idle = settingsIn(training).find((name) => !kinds.some((kind) => heeded[kind].includes(name)));
  if (idle && kinds[0]) checkTraining(kinds[0], { [idle]: training[idle] });
  return (kind) =>
    Object.fromEntries(
      settingsIn(training)
        .filter((name) => heeded[kind].includes(name))
        .map((name) => [name, training[name]]),
    );
}

const settingsIn = (training: TrainingSettings): (keyof TrainingSettings)[] =>
  (Object.keys(training) as (keyof TrainingSettings)[]).filter((name) => training[name] !== undefined);
