import type { SessionOptions } from '../../models/onnx/session.js';
import { openCrossEncoder } from '../students/cross-encoder.js';
import { openStatic } from '../students/open-static.js';
import type { TextReader, TextScorer } from './text-reader.js';

/**
 * Opens the part of a student that reads texts.
 * @throws RankforgeError `missing-package` for a cross-encoder without onnxruntime-node, `bad-file`, `bad-weights`
 */
export async function openReader(reader: TextReader, options?: SessionOptions): Promise<TextScorer> {
  return reader.kind === 'static' ? openStatic(reader) : openCrossEncoder(reader, options);
}
