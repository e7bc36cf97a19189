export * from './check-query.js';
export type { SourceCheck } from './check-source.js';
export * from './contamination.js';
export * from './corpus.js';
export * from './funnel.js';
export * from './generate-set.js';
export * from './judge.js';
export * from './judge-passages.js';
export * from './mine-negatives.js';
export * from './near-duplicates.js';
export {
  defaultTypes,
  type QueryType,
  type QueryTypeName,
  queryTypes,
  rotateTypes,
  type TypeShares,
} from './query-types.js';
export * from './remove-near-duplicates.js';
export * from './sample-passages.js';
export * from './settle-grade.js';
export type { TypeCounts } from './slots.js';
export * from './split-examples.js';
export * from './write-graded-passages.js';
export {
  type QueryWriter,
  type WriteQueriesOptions,
  type WriteQueryRequest,
  type WriteResult,
  type WrittenQuery,
  writeQueries,
  writeQuery,
} from './write-queries.js';
