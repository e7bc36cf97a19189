/** `rankforge/rerank`: the reranking layer, and the calls that open models, encoders and students by name. */
export * from '../../rerank/index.js';
export * from './create-reranker.js';
export type { GivenDocument, RerankedDocument } from './documents.js';
export { type NamedComparatorOptions, openNamedComparator } from './open-comparator.js';
export * from './rerank.js';
