export * from './corpus.js';
export * from './funnel.js';
export * from './generate-set.js';
export * from './graded/settle-grade.js';
export * from './graded/write-graded-passages.js';
export * from './hygiene/contamination.js';
export * from './hygiene/near-duplicates.js';
export * from './hygiene/remove-near-duplicates.js';
export * from './judge/judge.js';
export * from './judge/judge-passages.js';
export * from './negatives/mine-negatives.js';
export * from './queries/check-query.js';
export type { SourceCheck } from './queries/check-source.js';
export {
  defaultTypes,
  type QueryType,
  type QueryTypeName,
  queryTypes,
  rotateTypes,
  type TypeShares,
} from './queries/query-types.js';
export {
  type QueryWriter,
  type WriteQueriesOptions,
  type WriteQueryRequest,
  type WriteResult,
  type WrittenQuery,
  writeQueries,
  writeQuery,
} from './queries/write-queries.js';
export * from './sample/sample-passages.js';
export type { TypeCounts } from './slots.js';
export * from './split/split-examples.js';
