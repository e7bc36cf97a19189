export * from './comparator.js';
export { type FirstOptions, firstComparator } from './comparators/first.js';
export { generateComparator } from './comparators/generate.js';
export { noisyComparator, oracleComparator } from './comparators/judged.js';
export { likelihoodComparator } from './comparators/likelihood.js';
export type { ModelComparatorOptions } from './comparators/model-options.js';
export { pointwiseComparator } from './comparators/pointwise.js';
export * from './comparators/registry.js';
export * from './comparators/replay.js';
export * from './debias/batch.js';
export { type ContentFreeOptions, contentFreeComparator } from './debias/content-free.js';
export * from './debias/position-report.js';
export * from './debias/registry.js';
export * from './debias/render-position-report.js';
export {
  type PermutationOptions,
  permutedComparator,
  type RotationOptions,
  rotatedComparator,
} from './debias/rotations.js';
export { type LabelStyle, labelStyles } from './labels.js';
export * from './parse-ranking.js';
export * from './plan.js';
export * from './program.js';
export type { ProgramEntry, ProgramOptions } from './programs/entry.js';
export { full } from './programs/full.js';
export { pointwise } from './programs/pointwise.js';
export * from './programs/registry.js';
export { type SlidingOptions, sliding } from './programs/sliding.js';
export * from './rerank-run.js';
export * from './reranker.js';
export * from './reranker-card.js';
export * from './windows.js';
