import { type Command, Option } from 'commander';
import type { MixShare } from '../../../generate/negatives/mix.js';
import { untrainedNames } from '../../../pipeline/first-stage.js';
import { amount, type BudgetOptions, flags, integer } from '../flags.js';
import { parseBand, parseMix } from './parse-mix.js';

export interface MineFlags extends BudgetOptions {
  readonly dataset: string;
  readonly split?: string;
  readonly examples?: string;
  readonly relevantFrom: number;
  readonly retriever?: readonly string[];
  readonly run?: readonly string[];
  readonly encoder: string;
  readonly count: number;
  readonly random: number;
  readonly written: number;
  readonly mix?: readonly MixShare[];
  readonly onShort?: 'fill' | 'leave';
  readonly band: readonly [number, number];
  readonly depth: number;
  readonly pick: 'random' | 'top';
  readonly belowShare?: number;
  readonly belowMargin?: number;
  readonly judge?: string;
  readonly judgeMode: 'yes-no' | 'graded';
  readonly filter?: string;
  readonly model?: string;
  readonly writer?: string;
  readonly threshold?: string;
  readonly falseNegatives: 'drop' | 'relabel';
  readonly learnThreshold?: boolean;
  readonly mostFalseNegatives?: number;
  readonly fMeasure?: number;
  readonly judgedPerQuery: number;
  readonly unjudged: 'left-out' | 'not-relevant';
  readonly baseUrl?: string;
  readonly context: number;
  readonly threads?: number;
  readonly ledger?: string;
  readonly concurrency: number;
  readonly seed: number;
  readonly skipBad?: boolean;
  readonly out: string;
  readonly json?: boolean;
}

const retrieverList = (text: string): string[] => text.split(',').map((name) => name.trim());
const whatFor = (command: Command): Command =>
  command
    .addOption(flags.dataset().makeOptionMandatory())
    .addOption(flags.split())
    .option('--examples <file>', 'mine for the queries and positives of these examples, not for judged ones')
    .option('--relevant-from <grade>', 'lowest judged grade that is a positive', integer(1), 1);

const fromWhere = (command: Command): Command =>
  command
    .addOption(
      new Option('--retriever <names>', `what to mine from, with commas: ${untrainedNames.join(', ')}`)
        .argParser(retrieverList)
        .default(undefined, 'bm25, unless --run'),
    )
    .option('--run <files...>', 'TREC runs to mine from, besides or in place of --retriever')
    .addOption(flags.encoder())
    .addOption(
      new Option('--band <ranks>', 'first and last rank that is mined')
        .argParser(parseBand)
        .default([3, 50], '3-50'),
    )
    .option('--depth <n>', 'ranks over which hardness is measured', integer(1), 100)
    .addOption(
      new Option('--pick <how>', 'from the band evenly, or from its top')
        .choices(['random', 'top'])
        .default('random'),
    )
    .option('--below-share <share>', "mined ones score below this share of the positive's score", amount)
    .option('--below-margin <amount>', "mined ones score below the positive's score by so much", amount);

const howMany = (command: Command): Command =>
  command
    .option('--count <n>', 'mined negatives a query; with --mix all of them', integer(0, 1000), 6)
    .option('--random <n>', 'random negatives besides', integer(0, 1000), 2)
    .option('--written <n>', 'written negatives besides; each is judged', integer(0, 20), 0)
    .addOption(
      new Option(
        '--mix <shares>',
        'exact shares by kind, retriever and band of hardness, in place of --random and --written: mined:bm25@0.5-0.9=3,mined=2,written=1,random=2',
      ).argParser(parseMix),
    )
    .addOption(
      new Option('--on-short <how>', 'places that their share cannot fill')
        .choices(['fill', 'leave'])
        .default(undefined, 'fill with --mix'),
    );

const whoJudges = (command: Command): Command =>
  command
    .option('--judge <model>', 'reads what was mined and written: a model as for --model')
    .addOption(
      new Option('--judge-mode <how>', 'P(yes), or the expected grade')
        .choices(['yes-no', 'graded'])
        .default('yes-no'),
    )
    .option(
      '--filter <comparator>',
      'in place of a judge: pointwise, likelihood, endpoint:…, with --threshold',
    )
    .addOption(flags.model())
    .option('--writer <model>', "writes negatives (default: the judge's model)")
    .option(
      '--threshold <file or number>',
      'from which score a candidate is a false negative: see --learn-threshold',
    )
    .addOption(
      new Option('--false-negatives <how>', 'left out, or kept with the grade they have')
        .choices(['drop', 'relabel'])
        .default('relabel'),
    )
    .option(
      '--learn-threshold',
      'mine nothing: learn --threshold on judged candidates, and write it to --out',
    )
    .option(
      '--most-false-negatives <rate>',
      'with --learn-threshold: the most of what passes that may be relevant',
      amount,
    )
    .option('--f-measure <beta>', 'with --learn-threshold: the best F-measure instead', amount)
    .option('--judged-per-query <n>', 'with --learn-threshold: candidates scored a query', integer(1), 20)
    .addOption(
      new Option('--unjudged <how>', 'with --learn-threshold: candidates that nobody judged')
        .choices(['left-out', 'not-relevant'])
        .default('left-out'),
    );

const whatItTakes = (command: Command): Command =>
  command
    .addOption(flags.baseUrl())
    .addOption(flags.context())
    .addOption(flags.threads())
    .addOption(flags.ledger().default(undefined, 'beside --out'))
    .addOption(flags.concurrency())
    .addOption(flags.budgetCalls())
    .addOption(flags.budgetTokens())
    .addOption(flags.budgetUsd())
    .addOption(flags.seed())
    .addOption(flags.skipBad())
    .addOption(flags.out('where the examples go, as JSONL'))
    .addOption(flags.json());

/** Adds the flags of `MineFlags`. */
export const addMineFlags = (command: Command): Command =>
  [whatFor, fromWhere, howMany, whoJudges, whatItTakes].reduce((sum, add) => add(sum), command);
