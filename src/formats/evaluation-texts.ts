import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Passage, passageText } from '../core/passage.js';
import type { Query } from '../core/query.js';
import type { ReadOptions } from './bad-line.js';
import { readCorpus, readQueries } from './beir.js';
import { listSplits } from './dataset.js';
import { readQrels } from './qrels.js';

export interface EvaluationTexts {
  readonly queries: readonly Query[];
  /** Passages judged relevant, in any split, as one text each; none where nothing is judged. */
  readonly passages: readonly { readonly id: string; readonly text: string }[];
}

/**
 * What a training text must not repeat of evaluation sets in BEIR layout: all queries, and the passages that are judged
 * relevant. Ids are told apart by their folder.
 * @throws RankforgeError as `readQueries`, `readQrels` and `readCorpus`
 */
export async function readEvaluationTexts(
  folders: readonly string[],
  options: ReadOptions = {},
): Promise<EvaluationTexts> {
  const queries: Query[] = [];
  const passages: { id: string; text: string }[] = [];
  for (const folder of folders) {
    for await (const query of readQueries(folder, options)) {
      queries.push({ ...query, id: `${folder}: ${query.id}` });
    }
    const relevant = await relevantPassages(folder, options);
    if (relevant.size === 0) continue;
    for await (const passage of readCorpus(folder, options)) {
      if (relevant.has(passage.id)) passages.push(textOf(folder, passage));
    }
  }
  return { queries, passages };
}

const textOf = (folder: string, passage: Passage) => ({
  id: `${folder}: ${passage.id}`,
  text: passageText(passage),
});

async function relevantPassages(folder: string, options: ReadOptions): Promise<Set<string>> {
  const relevant = new Set<string>();
  for (const split of listSplits(folder)) {
    const plain = join(folder, 'qrels', `${split}.tsv`);
    const qrels = await readQrels(existsSync(plain) ? plain : `${plain}.gz`, options);
    for (const grades of qrels.values()) {
      for (const [id, grade] of grades) if (grade > 0) relevant.add(id);
    }
  }
  return relevant;
}
