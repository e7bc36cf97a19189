import { z } from 'zod';
import { RankforgeError } from '../../core/errors.js';
import type { Query } from '../../core/query.js';
import type { ExportFormat, ExportOptions, ImportOptions } from './export-format.js';
import { type JsonRow, jsonRows } from './json-rows.js';
import { parseChain, parseLabelledList } from './labelled-list.js';
import { type ListwisePart, listwiseParts, worseOrder } from './list-order.js';
import type { ListwiseFrame } from './listwise-frame.js';
import { addRanking } from './ranking-rows.js';
import { reasonsOf } from './reasons.js';
import { type RowReader, textPassage } from './row-groups.js';
import { idOfText } from './split-files.js';

type Message = { readonly role: string; readonly content: string };

function frameOf({ frame }: ExportOptions): ListwiseFrame {
  if (frame) return frame;
  throw new RankforgeError('usage', 'Chat formats need to know how a model is asked', {
    where: 'frame',
    hint: 'Give the option frame: trainingFrame() of rankforge/rerank.',
  });
}

/** A prompt, and how to write an order of its passages. */
function asked(query: Query, part: ListwisePart, options: ExportOptions) {
  const { shown } = part;
  const frame = frameOf(options);
  const labels = frame.labels(shown.length);
  const thinking = part.thinking ?? reasonsOf(part, labels);
  const passages = shown.map(({ passage }) => passage);
  return {
    prompt: frame
      .messages(query, passages, thinking !== undefined)
      .map(({ role, content }) => ({ role, content })),
    answer: (order: readonly number[]): Message => ({
      role: 'assistant',
      content: frame.reply(
        order.map((index) => labels[index]!),
        thinking,
      ),
    }),
  };
}

const Messages = z.array(z.object({ role: z.string(), content: z.string() })).min(1);
const relevance = /^What counts as relevant:[ \t]*(.+)$/m;
const thought = /^\s*<think>\s*([\s\S]*?)\s*<\/think>/;

/** A prompt's last message and its answer as a ranking, or what is wrong with them. */
function readRanking(prompt: readonly Message[], answer: string, fail: (wrong: string) => void) {
  const content = prompt.at(-1)?.content ?? '';
  const list = parseLabelledList(content);
  const reply = answer.replace(thought, '');
  const chain = list && parseChain(reply, list.passages);
  if (!list) fail('the prompt shows no labelled passages with a "Search query:" line');
  else if (!chain) fail('the answer is no ranking of the labels');
  const instruction = relevance.exec(content)?.[1]?.trim();
  const text = list?.query ?? '';
  return {
    query: {
      id: idOfText('q', instruction ? `${text}\n${instruction}` : text),
      text,
      ...(instruction ? { instruction } : {}),
    },
    shown: [...(list?.passages ?? [])].map(([label, line]) => ({ label, passage: textPassage(line) })),
    chain: chain ?? [],
    thinking: thought.exec(answer)?.[1],
  };
}

type Ranking = ReturnType<typeof readRanking>;

const reader = (options: ImportOptions): RowReader<Ranking> => ({
  query: ({ query }) => query,
  add: (group, { shown, chain, thinking }) => {
    addRanking(group, shown, chain, options);
    if (thinking && group.rows === 0) {
      group.thinking = { text: thinking, passageIds: shown.map(({ passage }) => passage.id) };
    }
  },
});

const holds: ExportFormat['holds'] = [
  'query text',
  'instruction apart',
  'passage text',
  'teacher rank',
  'split',
  'thinking',
];

/** `messages`: how rankforge asks for a ranking, and the teacher's answer, after its thinking, or the judge's reasons, where they are known. */
export const sft = jsonRows({
  summary: 'chat messages that teach an LLM to rank (SFT)',
  needs: 'two passages',
  holds,
  columns: () =>
    (['role', 'content'] as const).map((key) => ({
      name: 'messages',
      key,
      type: 'text',
      repeated: true,
      description: `the ${key} of each message`,
    })),
  rows: (example, options): JsonRow[] =>
    listwiseParts(example, options).map((part) => {
      const { prompt, answer } = asked(example.query, part, options);
      return { messages: [...prompt, answer(part.order)] };
    }),
  schema: z
    .object({ messages: Messages.min(2) })
    .transform(({ messages }, { issues }) =>
      readRanking(messages.slice(0, -1), messages.at(-1)!.content, (message) =>
        issues.push({ code: 'custom', message, path: ['messages'], input: messages }),
      ),
    ),
  reader,
});

/**
 * `prompt`, `chosen`, `rejected`: the teacher's ranking and one that is worse, drawn. A list whose orders are all as good gives none.
 * Both follow the same thinking where there is some: in DPO's difference what they share cancels, and the ranking alone counts.
 */
export const dpo = jsonRows({
  summary: 'pairs of rankings, one better than the other (DPO)',
  needs: 'two passages of which one is better',
  holds,
  columns: () =>
    (['prompt', 'chosen', 'rejected'] as const).flatMap((name) =>
      (['role', 'content'] as const).map((key) => ({
        name,
        key,
        type: 'text' as const,
        repeated: true,
        description: `the ${key} of each message`,
      })),
    ),
  rows: (example, options): JsonRow[] =>
    listwiseParts(example, options).flatMap((part, index) => {
      const worse = worseOrder(part, options.seed ?? 7, `${example.query.id} ${index}`);
      if (!worse) return [];
      const { prompt, answer } = asked(example.query, part, options);
      return [{ prompt, chosen: [answer(part.order)], rejected: [answer(worse)] }];
    }),
  schema: z
    .object({ prompt: Messages, chosen: Messages, rejected: Messages })
    .transform(({ prompt, chosen }, { issues }) =>
      readRanking(prompt, chosen.at(-1)!.content, (message) =>
        issues.push({ code: 'custom', message, path: ['prompt'], input: prompt }),
      ),
    ),
  reader,
});
