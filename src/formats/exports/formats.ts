import { beirFolder } from './beir.js';
import { dpo, sft } from './chat.js';
import { examplesJsonl } from './examples-jsonl.js';
import type { ExportFormat } from './export-format.js';
import { flagEmbedding } from './flag-embedding.js';
import { llamaIndex } from './llamaindex.js';
import { msMarco } from './msmarco.js';
import { parquet } from './parquet.js';
import { rankLlm } from './rankllm.js';
import { sentenceTransformers } from './sentence-transformers-formats.js';
import { tevatron } from './tevatron.js';
import { trec } from './trec.js';

/** Every file format of a training set, by name. */
export const exportFormats = {
  examples: examplesJsonl,
  parquet,
  ...sentenceTransformers,
  'flag-embedding': flagEmbedding,
  tevatron,
  rankllm: rankLlm,
  msmarco: msMarco,
  beir: beirFolder,
  trec,
  llamaindex: llamaIndex,
  sft,
  dpo,
} satisfies Record<string, ExportFormat>;

export type ExportFormatName = keyof typeof exportFormats;

export const exportFormatNames = Object.keys(exportFormats) as ExportFormatName[];
