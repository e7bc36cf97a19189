export * from './corpus.js';
export * from './funnel.js';
export * from './generate-set.js';
export * from './graded/edit-passage.js';
export * from './graded/length-bias.js';
export { type RewriteRequest, rewritePassage, type WrittenPassage } from './graded/rewrite-passage.js';
export * from './graded/settle-grade.js';
export * from './graded/verify-graded.js';
export * from './graded/write-graded-passages.js';
export * from './hygiene/contamination.js';
export * from './hygiene/near-duplicates.js';
export * from './hygiene/remove-near-duplicates.js';
export * from './judge/balanced-orders.js';
export * from './judge/batch-judge.js';
export * from './judge/judge.js';
export * from './judge/judge-passages.js';
export * from './judge/judgement-record.js';
export * from './judge/list-judge.js';
export * from './judge/panel.js';
export { parseGrade, parseYesNo, type ReadGrade, readGrade } from './judge/parse-grade.js';
export * from './judge/votes.js';
export type { MiningSource } from './negatives/candidate-pool.js';
export * from './negatives/filter-threshold.js';
export * from './negatives/hardness.js';
export * from './negatives/judged-requests.js';
export * from './negatives/learn-threshold.js';
export * from './negatives/mine-examples.js';
export * from './negatives/mine-negatives.js';
export * from './negatives/mix.js';
export * from './negatives/positive-ceiling.js';
export * from './negatives/ratio-interval.js';
export * from './negatives/relevance-filter.js';
export * from './negatives/run-retriever.js';
export * from './negatives/write-negatives.js';
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
