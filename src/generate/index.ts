export { apportion } from './apportion.js';
export { type KMeansOptions, kMeans } from './cluster/k-means.js';
export type { Clustering } from './cluster/lloyd.js';
export { openVectorStore, type VectorStore } from './cluster/vector-file.js';
export { memoryVectors, type VectorSource, vectorsOf } from './cluster/vector-source.js';
export * from './corpus.js';
export * from './describe/describe-set.js';
export type { Quartiles } from './describe/quartiles.js';
export * from './disk-corpus.js';
export * from './funnel.js';
export * from './generate-set.js';
export { type GenerateTopicSetOptions, generateTopicSet } from './generate-topic-set.js';
export * from './graded/edit-passage.js';
export * from './graded/length-bias.js';
export { type RewriteRequest, rewritePassage, type WrittenPassage } from './graded/rewrite-passage.js';
export * from './graded/settle-grade.js';
export * from './graded/verify-graded.js';
export * from './graded/write-graded-passages.js';
export * from './hygiene/clean-passages.js';
export * from './hygiene/contamination.js';
export * from './hygiene/embedding-contamination.js';
export * from './hygiene/language.js';
export * from './hygiene/near-duplicates.js';
export { type NgramRule, type NgramRuleName, ngramRules } from './hygiene/ngram-overlap.js';
export * from './hygiene/pii/scrub-pii.js';
export { type PiiKind, piiKinds } from './hygiene/pii/span.js';
export * from './hygiene/remove-near-duplicates.js';
export * from './judge/balanced-orders.js';
export * from './judge/batch-judge.js';
export * from './judge/calibrate-judge.js';
export { drawJudgedPairs } from './judge/draw-judged-pairs.js';
export * from './judge/judge.js';
export * from './judge/judge-calibration.js';
export * from './judge/judge-log.js';
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
export * from './queries/difficulty.js';
export * from './queries/few-shot.js';
export * from './queries/instructions.js';
export * from './queries/link-passages.js';
export {
  defaultTypes,
  type GradesThatFollow,
  type QueryType,
  type QueryTypeName,
  queryTypes,
  rotateTypes,
  type TypeShares,
  topicTypes,
} from './queries/query-types.js';
export * from './queries/read-draft.js';
export * from './queries/topics.js';
export type { ExampleSeed, SourceCheck, VerifiedQuery } from './queries/verified.js';
export * from './queries/voice.js';
export {
  generateWithoutDocuments,
  type TopicQuery,
  type TopicQueryRequest,
  type WithoutDocument,
  type WithoutDocumentsOptions,
  writeTopicQuery,
} from './queries/without-documents.js';
export {
  type QueryWriter,
  type WriteQueriesOptions,
  type WriteQueryRequest,
  type WriteResult,
  type WrittenQuery,
  writeQueries,
  writeQuery,
} from './queries/write-queries.js';
export * from './sample/choose-by-cluster.js';
export * from './sample/choose-by-mmr.js';
export * from './sample/choose-by-query-log.js';
export * from './sample/choose-by-quota.js';
export * from './sample/classify-query.js';
export * from './sample/draw-passages.js';
export * from './sample/fit-passages.js';
export * from './sample/mmr.js';
export * from './sample/profile-query-log.js';
export * from './sample/read-query-log.js';
export * from './sample/sample-passages.js';
export * from './sample/sample-settings.js';
export * from './select/by-difficulty.js';
export * from './select/compare-selection.js';
export * from './select/describe-selection.js';
export * from './select/difficulty.js';
export * from './select/diversify-and-conquer.js';
export * from './select/embed-examples.js';
export * from './select/example-groups.js';
export * from './select/k-centre.js';
export * from './select/select.js';
export * from './select/select-each-type.js';
export * from './select/selection.js';
export * from './select/selection-settings.js';
export type { TypeCounts } from './slots.js';
export * from './split/assign-clusters.js';
export * from './split/split-examples.js';
export * from './split/topics-of.js';
