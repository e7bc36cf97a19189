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
export * from './features/extractor.js';
export * from './features/feature-set.js';
export { type GateOptions, type GateResult as GateVerdict, gateFailed, runGate } from './gate.js';
export type { LambdaLoss, LambdaRankOptions } from './losses/lambda-rank.js';
export type { Loss, LossFunction } from './losses/loss.js';
export * from './losses/registry.js';
export * from './make-student.js';
export * from './render-card.js';
export { createScorer, type PassageScores, type Student, StudentCard } from './student.js';
export * from './student-comparator.js';
export * from './student-folder.js';
export { type Prior, untrainedPrior } from './students/prior.js';
export { type Parameters, type StudentKind, scoreFeatures, studentKinds } from './students/scorer.js';
export * from './teachers/fuse-teachers.js';
export {
  type JudgedFigures,
  type KnownItemFigures,
  measureTeachers,
  type TeacherData,
  type TeacherMeasurement,
  type TeacherRun,
} from './teachers/measure-teachers.js';
export * from './train-student.js';
export * from './training-list.js';
