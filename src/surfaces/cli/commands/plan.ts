import type { Command } from 'commander';
import type { Candidates } from '../../../core/candidates.js';
import { RankforgeError } from '../../../core/errors.js';
import { candidatesOf } from '../../../pipeline/candidates-of.js';
import { debias } from '../../../rerank/debias/registry.js';
import { type Plan, plan } from '../../../rerank/plan.js';
import { parseProgram } from '../../../rerank/programs/registry.js';
import { selfConsistent } from '../../../rerank/self-consistency/self-consistent.js';
import { type CliContext, printResult } from '../cli-context.js';
import { amount, flags, integer } from '../flags.js';
import { type ComparatorFlags, namedComparator } from '../named-comparator.js';
import { openDataset } from '../open-dataset.js';
import {
  addTargetFlags,
  choiceTable,
  pickProgram,
  type TargetFlags,
  wantsChoice,
} from '../program-choice.js';
import { readGivenRun } from '../read-given.js';
import { textTable } from '../text-table.js';

interface PlanFlags extends ComparatorFlags, TargetFlags {
  qrels?: string;
  method: string;
  debias?: string;
  shuffles?: number;
  depth: number;
  dataset?: string;
  run?: string;
  split?: string;
  queries: number;
  words: number;
  priceInput: number;
  priceOutput: number;
  json?: boolean;
}

export function addPlanCommand(program: Command, context: CliContext): void {
  const command = program
    .command('plan')
    .description(
      'What a reranking will take, before anything is sent: calls, rounds, tokens, money; with a target, the best program within it',
    )
    .addOption(flags.method())
    .addOption(flags.compare())
    .addOption(flags.prompt())
    .addOption(flags.debias())
    .addOption(flags.shuffles())
    .addOption(flags.depth('candidates a query'))
    .addOption(flags.model())
    .addOption(flags.baseUrl())
    .addOption(flags.context())
    .addOption(flags.threads())
    .addOption(flags.dataset())
    .addOption(flags.run())
    .addOption(flags.split())
    .option('--queries <n>', 'queries in all, where no run is given', integer(1), 1)
    .option('--words <n>', 'words of a typical passage, where no run is given', integer(1, 100_000), 60)
    .option('--price-input <usd>', 'US dollars per million prompt tokens', amount, 0)
    .option('--price-output <usd>', 'US dollars per million reply tokens', amount, 0)
    .addOption(flags.qrels())
    .addOption(flags.concurrency())
    .addOption(flags.seed())
    .addOption(flags.json());
  addTargetFlags(command).action(async (options: PlanFlags) => {
    const candidates = await candidatesFor(options, context);
    await using opened = await namedComparator(options, context);
    const comparator =
      options.debias === undefined
        ? opened
        : debias(opened, options.debias, { sample: sampleFor(options, candidates), seed: options.seed });
    const given = {
      candidates,
      comparator,
      depth: options.depth,
      prices: { input: options.priceInput, output: options.priceOutput },
      // A typical query stands for as many as are wanted; a run is planned as it is.
      queries: options.run === undefined ? options.queries : candidates.length,
    };
    if (wantsChoice(options)) {
      const choice = await pickProgram(options, { ...given, seed: options.seed }, context);
      printResult(context, options, choice, () => choiceTable(choice));
    } else {
      const { shuffles, seed } = options;
      const parsed = parseProgram(options.method, { seed });
      const program = shuffles === undefined ? parsed : selfConsistent(parsed, { shuffles, seed });
      const result = plan({ ...given, program, signal: context.signal });
      printResult(context, options, result, () => table(result));
    }
  });
}

/** What `batch` will learn from: the run's own lists, or as many typical ones as there are queries. */
const sampleFor = ({ run, queries, depth }: PlanFlags, candidates: readonly Candidates[]): Candidates[] =>
  (run === undefined
    ? Array.from({ length: Math.min(queries, 100) }, () => candidates).flat()
    : candidates
  ).map(({ query, items }) => ({ query, items: items.slice(0, depth) }));

async function candidatesFor(
  { dataset, run, split, depth, words }: PlanFlags,
  context: CliContext,
): Promise<Candidates[]> {
  if (dataset !== undefined && run !== undefined) {
    const listed = await readGivenRun(run, context);
    return candidatesOf(listed, await openDataset({ dataset, split }, context), { depth });
  }
  if (dataset !== undefined || run !== undefined) {
    throw new RankforgeError('usage', 'Of --dataset and --run only one was given', {
      where: dataset ?? run,
      hint: 'Give both: the texts of the run are counted; or leave both out and plan a typical query.',
    });
  }
  const text = Array.from({ length: words }, () => 'word').join(' ');
  return [
    {
      query: { id: 'typical', text: 'a typical search query of eight words here' },
      items: Array.from({ length: depth }, (_, index) => ({ passage: { id: `passage ${index + 1}`, text } })),
    },
  ];
}

function table({
  queries,
  calls,
  rounds,
  promptTokens,
  outputTokens,
  usd,
  exact,
  atMost,
  most,
}: Plan): string {
  const estimate = (limit: number | string | undefined, what: string): string =>
    limit === undefined ? 'estimate' : `estimate, at most ${limit} ${what}`;
  const rows = [
    ['queries', String(queries), ''],
    ['calls', String(calls), exact.calls ? 'exact' : estimate(most?.calls, 'calls')],
    [
      'rounds a query',
      rounds.toFixed(1),
      exact.calls ? 'exact' : estimate(most?.rounds.toFixed(1), 'rounds'),
    ],
    [
      'prompt tokens',
      String(promptTokens),
      exact.promptTokens ? 'exact' : estimate(most?.promptTokens, 'tokens'),
    ],
    ['reply tokens', String(outputTokens), atMost.outputTokens ? 'at most' : 'estimate'],
    ['US dollars', usd.toFixed(4), atMost.outputTokens ? 'at most' : ''],
  ];
  return textTable(['what', 'amount', 'how sure'], rows);
}
