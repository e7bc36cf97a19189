/**
 * How many real queries the checks of written ones would reject, each beside a passage that was judged relevant to it:
 *   npx tsx bench/query-checks.ts datasets/handbook ../data/scifact
 */
import { passageText } from '../src/core/passage.js';
import { loadDataset } from '../src/formats/dataset.js';
import { openLanguageDetector } from '../src/generate/hygiene/language.js';
import { textFault } from '../src/generate/queries/check-query.js';

const tellLanguage = await openLanguageDetector();
for (const folder of process.argv.slice(2)) {
  const { queries, passages, qrels } = await loadDataset(folder, { unknownIds: 'count' });
  const rejected: Record<string, string[]> = {};
  let tried = 0;
  for (const [id, { text }] of queries) {
    const relevant = [...(qrels.get(id) ?? [])].find(
      ([passage, grade]) => grade > 0 && passages.has(passage),
    );
    if (!relevant) continue;
    tried++;
    const passage = passageText(passages.get(relevant[0])!);
    const fault = textFault(text, { type: 'question', passage, tellLanguage });
    if (fault) rejected[fault] = [...(rejected[fault] ?? []), text];
  }
  console.log(JSON.stringify({ folder, tried, rejected }));
}
