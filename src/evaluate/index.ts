export * from './bootstrap-interval.js';
export * from './compare-runs.js';
export * from './evaluate-run.js';
export * from './known-item.js';
export type { Grades, MeasureFunction, MeasureOptions } from './measures/measure.js';
export { type MeasureBase, measures } from './measures/registry.js';
export * from './paired-randomisation-test.js';
export * from './parse-measure.js';
