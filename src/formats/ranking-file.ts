import type { Run } from '../core/run.js';
import type { ReadOptions } from './bad-line.js';
import { firstCharacter, readRankLlmResults } from './rankllm-results.js';
import { readRun } from './trec-run.js';

/**
 * Rankings from a TREC run or from RankLLM's results (JSON or JSONL), told apart by the file's first character.
 * @throws RankforgeError as `readRun` and `readRankLlmResults`
 */
export async function readRankings(path: string, options: ReadOptions = {}): Promise<Run> {
  const first = await firstCharacter(path);
  return first === '{' || first === '[' ? readRankLlmResults(path, options) : readRun(path, options);
}
