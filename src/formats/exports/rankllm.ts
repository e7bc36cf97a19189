import { z } from 'zod';
import { passageText } from '../../core/passage.js';
import { asLine } from '../../prompts/untrusted-text.js';
import type { ExportFormat, ImportOptions } from './export-format.js';
import { readJsonArray } from './json-array.js';
import { parseChain, parseLabelledList } from './labelled-list.js';
import { type ListwisePart, listwiseParts } from './list-order.js';
import { addRanking } from './ranking-rows.js';
import { queryText } from './relevance.js';
import { groupRows, type RowReader, textPassage } from './row-groups.js';
import { filesOf, fillFiles, idOfText } from './split-files.js';

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const bracketed = letters.map((letter) => `[${letter}]`);

/** The words that RankLLM's letter-labelled models are asked with: a model that is trained on others would not know them. */
function conversation(query: string, { shown, order }: ListwisePart) {
  const count = shown.length;
  const lines = shown.map(({ passage }, index) => `${bracketed[index]} ${asLine(passageText(passage))}`);
  return [
    {
      from: 'system',
      value:
        'You are RankLLM, an intelligent assistant that can rank passages based on their relevancy to the query',
    },
    {
      from: 'human',
      value: `I will provide you with ${count} passages, each indicated by an alphabetical identifier []. Rank the passages based on their relevance to the search query: ${query}.\n\n${lines.join('\n')}\n\nSearch Query: ${query}.\nRank the ${count} passages above based on their relevance to the search query. All the passages should be included and listed using identifiers, in descending order of relevance. The output format should be [] > [], e.g., [B] > [A], Answer concisely and directly and only respond with the ranking results, do not say any word or explain.`,
    },
    { from: 'gpt', value: order.map((index) => bracketed[index]).join(' > ') },
  ];
}

const Line = z
  .object({
    id: z.union([z.string().min(1), z.int().transform(String)]).optional(),
    conversations: z.array(z.object({ from: z.string(), value: z.string() })).min(2),
    docids: z.array(z.union([z.string().min(1), z.int().transform(String)])).nullish(),
    scores: z.array(z.number()).nullish(),
  })
  .transform(({ id, conversations, docids, scores }, { issues }) => {
    const [reply, prompt] = [conversations.at(-1)!.value, conversations.at(-2)!.value];
    const list = parseLabelledList(prompt);
    const chain = list && parseChain(reply, list.passages);
    const labels = [...(list?.passages.keys() ?? [])];
    const wrong = !list
      ? 'no list of labelled passages with a "Search Query:" line'
      : !chain
        ? 'the reply is no ranking of the labels'
        : docids && docids.length !== labels.length
          ? `${docids.length} docids for ${labels.length} passages`
          : scores && scores.length !== labels.length
            ? `${scores.length} scores for ${labels.length} passages`
            : undefined;
    if (wrong) issues.push({ code: 'custom', message: wrong, path: ['conversations'], input: prompt });
    // The template writes a full stop after the query.
    const query = (list?.query ?? '').replace(/\.$/, '');
    return { id: id ?? idOfText('q', query), query, list, chain: chain ?? [], docids, scores };
  });

const reader = (options: ImportOptions): RowReader<z.infer<typeof Line>> => ({
  query: ({ id, query }) => ({ id, text: query }),
  add: (group, { list, chain, docids, scores }) => {
    const passages = [...(list?.passages ?? [])].map(([label, text], index) => ({
      label,
      passage: docids ? { id: docids[index]!, text } : textPassage(text),
      score: scores?.[index],
    }));
    addRanking(group, passages, chain, options);
  },
});

/**
 * One JSON array a split: `id`, `conversations` (system, human, gpt) with letters as labels, which all objectives of the trainer
 * read, `docids` in the order shown, and `scores` where the teacher scored every passage. At most 26 passages a prompt.
 */
export const rankLlm: ExportFormat = {
  summary: 'RankLLM: listwise training conversations',
  needs: 'two passages',
  holds: ['query id', 'query text', 'passage id', 'passage text', 'teacher score', 'teacher rank', 'split'],
  write: async (folder, source, options) => {
    const begun = new Set<string>();
    // Arrow and eval code take a key of one record for a key of all.
    let scored = true;
    for await (const { passages } of source()) {
      options.signal?.throwIfAborted();
      scored &&= passages.every(({ teacherScore }) => teacherScore !== undefined);
    }
    return fillFiles(
      folder,
      source,
      options,
      async (example, files) => {
        const parts = listwiseParts(example, options);
        for (const part of parts) {
          const record = {
            id: example.query.id,
            conversations: conversation(asLine(queryText(example.query)), part),
            docids: part.shown.map(({ passage }) => passage.id),
            ...(scored ? { scores: part.shown.map(({ teacherScore }) => teacherScore) } : {}),
          };
          const name = `${example.split}.json`;
          const file = await files.get(name, example.split);
          await file.append(`${begun.has(name) ? ',' : '['}\n${JSON.stringify(record)}`);
          begun.add(name);
        }
        return parts.length;
      },
      async (files) => {
        for (const name of begun) await (await files.get(name)).append('\n]\n', 0);
      },
    );
  },
  async *read(path, options) {
    for (const file of filesOf(path, (name) => `${name}.json`, options.split)) {
      yield* groupRows(
        readJsonArray(file.path, Line, options),
        file.path,
        file.split,
        reader(options),
        options,
      );
    }
  },
};
