export * from './atomic-write.js';
export { type BadLine, type BadLineFile, openBadLineFile, type ReadOptions } from './bad-line.js';
export { readCorpus, readQueries, writeCorpus, writeQueries } from './beir.js';
export { renderCroissant, writeCroissant } from './cards/croissant.js';
export { renderDatasetCard, writeDatasetCard } from './cards/dataset-card.js';
export {
  type ExportedSet,
  type ExportName,
  type ExportSetOptions,
  exportNames,
  exportSet,
} from './cards/export-set.js';
export type { SetDescription, SetDetails } from './cards/set-description.js';
export { countSet, type SetStatistics, type SplitStatistics } from './cards/set-statistics.js';
export * from './dataset.js';
export { type EvaluationTexts, readEvaluationTexts } from './evaluation-texts.js';
export { readExamples, writeExamples } from './examples.js';
export { type ExampleField, exampleFields } from './exports/example-fields.js';
export * from './exports/export-examples.js';
export * from './exports/export-format.js';
export { type ExportFormatName, exportFormatNames, exportFormats } from './exports/formats.js';
export { importExamples } from './exports/import-examples.js';
export type { ListwiseFrame } from './exports/listwise-frame.js';
export { exportMsMarco, type MsMarcoCounts } from './exports/msmarco.js';
export {
  exportSentenceTransformers,
  type SentenceTransformersShape,
  sentenceTransformersShapes,
} from './exports/sentence-transformers.js';
export * from './json-lines.js';
export { readQrels, writeQrels } from './qrels.js';
export { readRankings } from './ranking-file.js';
export { readRankLlmResults } from './rankllm-results.js';
export * from './read-lines.js';
export { type FeatureRows, readSvmlight } from './svmlight.js';
export { readRun, writeRun } from './trec-run.js';
