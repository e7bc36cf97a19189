// Renamed: the report's plain-JSON twins have these names in the package's main entry.
export {
  type Calibration as StudentCalibration,
  type CalibrationList,
  Calibrator,
  calibrate,
  probabilityOf,
} from '../rerank/calibration/calibrate.js';
export {
  expectedCalibrationError,
  type ReliabilityBin,
  reliabilityBins,
} from '../rerank/calibration/reliability.js';
export {
  type Choice,
  type ChooseOptions,
  chooseStudent,
  type Frontier,
  makeFrontier,
  onFrontier,
  type StudentPoint,
} from './auto/frontier.js';
export { type BundledStudent, bundledStudentFolder, bundledStudents } from './bundled-student.js';
export {
  type CalibrationError,
  type CalibrationErrorOptions,
  calibrationError,
} from './calibration/calibration-error.js';
export { clopperPearson } from './calibration/clopper-pearson.js';
export {
  type PrecisionThreshold,
  type PrecisionThresholdOptions,
  precisionThreshold,
} from './calibration/precision-threshold.js';
export { type ClickSession, readClickLog } from './clicks/click-log.js';
export { type ClickRatesOptions, clickRates } from './clicks/click-rates.js';
export {
  type ClickedList,
  type DualLearning,
  type LearnPropensitiesOptions,
  learnPropensities,
} from './clicks/learn-propensities.js';
export {
  type EasyFirstOptions,
  easyFirst,
} from './curriculum/easy-first.js';
export {
  correctForSelection,
  estimateSelection,
  keepSafeNegatives,
  type PartlyLabelled,
  relevanceGivenLabels,
  type SelectionOptions,
} from './curriculum/false-negatives.js';
export { focalShares } from './curriculum/focal-shares.js';
export { importanceWeights } from './curriculum/importance-weights.js';
export {
  type FalseNegativeFacts,
  type FalseNegativeWay,
  falseNegativeWays,
} from './curriculum/past-false-negatives.js';
export { type CurriculumName, curriculumNames } from './curriculum/plan-epoch.js';
export { progressiveShares } from './curriculum/progressive-shares.js';
export * from './features/extractor.js';
export * from './features/feature-set.js';
export {
  type GateOptions,
  type GateResult as GateVerdict,
  gateFailed,
  gateTogether,
  runGate,
} from './gate.js';
export {
  combineHeads,
  type DualHeadLoss,
  type DualHeadOptions,
  dualHead,
  headObjectives,
  type TwoHeads,
} from './losses/dual-head.js';
export { type InBatchList, type InBatchQuery, inBatchLists } from './losses/in-batch.js';
export { keepItems } from './losses/keep-items.js';
export type { LambdaLoss, LambdaRankOptions } from './losses/lambda-rank.js';
export type {
  BatchList,
  BatchLoss,
  BatchLossFunction,
  Loss,
  LossContext,
  LossFunction,
} from './losses/loss.js';
export {
  defaultLosses,
  formatLossMix,
  type LossMix,
  type LossPart,
  parseLossMix,
  type Supervision,
} from './losses/loss-mix.js';
export { makeObjective, type Objective, type ObjectiveValue, type ScoredList } from './losses/objective.js';
export * from './losses/registry.js';
export * from './make-student.js';
export { type MeasureLatencyOptions, measureLatencies, type TimedList } from './measure-latency.js';
// What a `TextArchitecture` is made of and gives; the engine itself trains through `trainTextStudent` alone.
export type { Schedule } from './neural/learning-rate.js';
export type { Feeds } from './neural/network.js';
export type {
  Parameter as NetworkParameter,
  Parameters as NetworkParameters,
} from './neural/parameters.js';
export { openScorer, type StudentScorer } from './open-scorer.js';
export * from './render-card.js';
export { createScorer, type PassageScores, type Student, StudentCard } from './student.js';
export * from './student-comparator.js';
export * from './student-folder.js';
export { type AnyStudentKind, allStudentKinds } from './student-kinds.js';
export {
  type FineTuneOptions,
  fineTunedCrossEncoder,
  type TinyCrossEncoderOptions,
  tinyCrossEncoder,
} from './students/cross-encoder.js';
export type { LossSettings } from './students/open-loss.js';
export type { Interaction } from './students/open-static.js';
export { type Prior, untrainedPrior } from './students/prior.js';
export {
  type Heads,
  type Parameters,
  type StudentKind,
  scoreFeatures,
  scoreHeads,
  studentKinds,
} from './students/scorer.js';
export { type StaticOptions, staticArchitecture } from './students/static.js';
export type { StudentSettings } from './students/student-settings.js';
export type { TrainingSettings } from './students/training-settings.js';
export * from './teachers/fuse-teachers.js';
export {
  type JudgedFigures,
  type KnownItemFigures,
  measureTeachers,
  type TeacherData,
  type TeacherMeasurement,
  type TeacherRun,
} from './teachers/measure-teachers.js';
export { type TeacherWeights, type WeighOptions, weighTeachers } from './teachers/weigh-teachers.js';
export { averageParameters } from './texts/average-parameters.js';
export { openReader } from './texts/open-reader.js';
export type { TextArchitecture } from './texts/text-architecture.js';
export {
  isReaderKind,
  type ReaderKind,
  readerKinds,
  type TextReader,
  type TextScorer,
} from './texts/text-reader.js';
export {
  type TextList,
  type TrainedText,
  type TrainTextOptions,
  trainTextStudent,
} from './texts/train-text-student.js';
export { withoutFeatures } from './texts/without-features.js';
export * from './train-student.js';
export * from './training-list.js';
