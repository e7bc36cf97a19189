import type { TuneResult } from '../../evaluate/tune/tune.js';
import { weightAliases } from '../../models/weights/aliases.js';
import type { Comparator } from '../../rerank/comparator.js';
import type { RerankerCard } from '../../rerank/reranker-card.js';

/** What of a tuning's flags its figures depend on. */
export interface TunedCardFlags {
  readonly dataset: string;
  readonly split?: string;
  readonly run?: string;
  readonly qrels?: string;
  readonly model: string;
  readonly compare?: string;
  readonly prompts?: string;
  readonly depth: number;
  readonly encoder: string;
  readonly budgetTokens?: number;
  readonly seed: number;
  readonly out: string;
}

/** The winner of a tuning as a card, with the command that measures its figures again. */
export function tunedCard(
  options: TunedCardFlags,
  { winner, measure, value, beside, queries }: TuneResult,
  { provenance }: Comparator,
): RerankerCard {
  const { dataset, run, model, depth } = options;
  const files = Object.hasOwn(weightAliases, model)
    ? weightAliases[model as keyof typeof weightAliases].files
    : [];
  const { promptId, promptHash } = provenance ?? {};
  const from = run ?? 'BM25';
  return {
    format: 1,
    name: `${winner.compare}-${model}`.replace(/[^\w.-]+/g, '-'),
    program: winner.method,
    comparator: winner.compare,
    model,
    weights: files.find(({ name }) => name.endsWith('.gguf'))?.sha256,
    prompt: promptId && promptHash ? { id: promptId, hash: promptHash } : undefined,
    depth,
    figures: [
      {
        collection: `${dataset}, ${queries.measuredOn} queries that had no part in the choice`,
        firstStage: `${from}, top ${depth}`,
        measure,
        value: round(value.mean),
        beside: Object.fromEntries(
          Object.entries(beside).map(([name, interval]) => [name, round(interval.mean)]),
        ),
        command: commandOf(options),
      },
    ],
    limits: `Chosen among ${queries.chosenOn} and measured on ${queries.measuredOn} queries of one collection.`,
  };
}

/** What measures the figures again. */
function commandOf({ dataset, split, run, qrels, model, compare, prompts, ...rest }: TunedCardFlags): string {
  const { depth, encoder, budgetTokens, seed, out } = rest;
  const given = { dataset, split, run, qrels, model, compare, prompts, depth, encoder };
  const all = { ...given, 'budget-tokens': budgetTokens, seed, out };
  const words = Object.entries(all).flatMap(([flag, value]) =>
    value === undefined ? [] : [`--${flag} ${value}`],
  );
  return ['rankforge tune', ...words].join(' ');
}

const round = (value: number): number => Number(value.toFixed(4));
