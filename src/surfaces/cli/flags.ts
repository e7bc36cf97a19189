import { InvalidArgumentError, Option } from 'commander';
import { lookUp } from '../../core/names.js';
import { checkModelName } from '../../models/open-model.js';
import { type WeightAlias, weightAliases } from '../../models/weights/aliases.js';
import { isWeightUri } from '../../models/weights/uri.js';
import { checkComparatorName } from '../library/open-comparator.js';

/** A parser for whole numbers from `minimum` to `maximum`. */
export function integer(minimum: number, maximum = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    // An empty text, as from an unset shell variable, would be 0.
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!Number.isInteger(value) || value < minimum || value > maximum) {
      const to = maximum < Number.MAX_SAFE_INTEGER ? ` to ${maximum}` : '';
      throw new InvalidArgumentError(`A whole number from ${minimum}${to} is needed.`);
    }
    return value;
  };
}

/** An amount from 0. */
export function amount(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('A number from 0 is needed.');
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('A number above 0 is needed.');
  return value;
}

/** A part of the whole, 0 to 1. */
export function share(text: string): number {
  const value = amount(text);
  if (value <= 1) return value;
  throw new InvalidArgumentError('A number from 0 to 1 is needed.');
}

/** A path that is written to. Nothing goes to stdout but results: `-` would be a file of that name. */
function outputPath(text: string): string {
  if (text !== '' && text !== '-') return text;
  throw new InvalidArgumentError('A path is needed; "-" does not stand for stdout here.');
}

/** A name that is checked while the command line is read: a misspelt one should not wait until a corpus is embedded. */
const checked =
  (check: (name: string) => unknown) =>
  (name: string): string => {
    check(name);
    return name;
  };

function checkEncoderName(name: string): void {
  if (name === 'none' || isWeightUri(name) || /[\\/.]/.test(name)) return;
  const encoders = Object.entries<WeightAlias>(weightAliases).filter(
    ([, { files }]) => !files.some((file) => file.name.endsWith('.gguf')),
  );
  lookUp(Object.fromEntries(encoders), name, 'encoder');
}

/** The flags that several commands share, each spelled one way. */
export const flags = {
  json: () => new Option('--json', 'one JSON object on stdout, for machines'),
  dataset: () =>
    new Option(
      '--dataset <dir>',
      'BEIR folder: corpus.jsonl, queries.jsonl, qrels/SPLIT.tsv; .gz is read as it is',
    ),
  split: () =>
    new Option('--split <name>', 'which qrels/SPLIT.tsv picks the queries').default(
      undefined,
      'test where there is one',
    ),
  run: () => new Option('--run <file>', 'TREC run'),
  qrels: () => new Option('--qrels <file>', 'judgements, TREC or BEIR'),
  out: (what: string) => new Option('--out <path>', what).argParser(outputPath).makeOptionMandatory(),
  seed: () =>
    new Option('--seed <n>', 'every random choice is drawn from it').argParser(integer(0)).default(7),
  model: () =>
    new Option(
      '--model <name>',
      'alias, weights URI, .gguf path, openai:MODEL or huggingface:MODEL',
    ).argParser(checked(checkModelName)),
  baseUrl: () => new Option('--base-url <url>', 'where an openai: model is served'),
  context: () =>
    new Option('--context <tokens>', 'context of a local model, prompt and reply together')
      .argParser(integer(256))
      .default(4096),
  threads: () => new Option('--threads <n>', 'processor threads of a local model').argParser(integer(1)),
  method: () =>
    new Option('--method <program>', 'what to compare: full, sliding:20/10, pointwise').default('full'),
  compare: () =>
    new Option(
      '--compare <comparator>',
      'how: first, generate, pointwise, likelihood, student:DIR or student:lexical, fused, bm25, and for study oracle, noisy:SD, replay:FILE',
    )
      .argParser(checked(checkComparatorName))
      .default('first'),
  prompt: () =>
    new Option('--prompt <id>', "a bundled prompt's id or a .md file, in place of the comparator's own"),
  debias: () =>
    new Option(
      '--debias <way>',
      'take off what position alone decides: content-free, batch, rotations:4, permutations:4',
    ),
  shuffles: () =>
    new Option(
      '--shuffles <n>',
      'rank so many shuffles of the candidates, and take what they agree on',
    ).argParser(integer(1)),
  depth: (what: string) => new Option('--depth <n>', what).argParser(integer(1, 100_000)).default(100),
  onFailure: () =>
    new Option(
      '--on-failure <policy>',
      'a comparison that failed twice: throw, or keep the order with a warning',
    )
      .choices(['throw', 'keep'])
      .default('throw'),
  k: () => new Option('--k <n>', 'passages a query').argParser(integer(1)).default(100),
  count: () => new Option('--count <n>', 'accepted training queries wanted').argParser(integer(1)),
  encoder: () =>
    new Option('--encoder <name>', 'encoder of dense retrieval')
      .argParser(checked(checkEncoderName))
      .default('all-minilm-l6-v2'),
  skipBad: () => new Option('--skip-bad', 'write bad lines to bad-lines.jsonl beside the output, and go on'),
  ledger: () => new Option('--ledger <dir>', 'where answered calls are kept; a repeated call costs nothing'),
  concurrency: () =>
    new Option('--concurrency <n>', 'calls under way at once').argParser(integer(1)).default(4),
  budgetCalls: () => new Option('--budget-calls <n>', 'stop after so many model calls').argParser(integer(1)),
  budgetTokens: () => new Option('--budget-tokens <n>', 'stop after so many tokens').argParser(integer(1)),
  budgetUsd: () => new Option('--budget-usd <amount>', 'stop after so much money').argParser(positiveNumber),
} as const;

export interface BudgetOptions {
  readonly budgetCalls?: number;
  readonly budgetTokens?: number;
  readonly budgetUsd?: number;
}

/** The budget of the command line. */
export const budgetOf = ({ budgetCalls, budgetTokens, budgetUsd }: BudgetOptions) => ({
  calls: budgetCalls,
  tokens: budgetTokens,
  usd: budgetUsd,
});
