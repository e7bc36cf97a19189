import { type Command, InvalidArgumentError, Option } from 'commander';
import { type JudgeMode, judgePrompts } from '../../../generate/judge/judge.js';
import { type Aggregation, aggregations, type TieRule, tieRules } from '../../../generate/judge/votes.js';
import { type BudgetOptions, flags, integer } from '../flags.js';

export interface JudgeFlags extends BudgetOptions {
  readonly dataset: string;
  readonly split?: string;
  readonly skipBad?: boolean;
  readonly run?: string;
  readonly depth: number;
  readonly qrels?: string;
  readonly pairs?: string;
  readonly pick?: number;
  readonly model?: string;
  readonly panel?: readonly string[];
  readonly baseUrl?: string;
  readonly context: number;
  readonly threads?: number;
  readonly mode: JudgeMode;
  readonly prompt?: readonly string[];
  readonly batch?: number;
  readonly aggregate: Aggregation;
  readonly ties: TieRule;
  readonly weights?: readonly number[];
  readonly against?: string;
  readonly calibrate?: string;
  readonly calibration?: string;
  readonly relevantFrom: number;
  readonly sample?: number;
  readonly sampleBy: 'pair' | 'query';
  readonly measure: string;
  readonly ledger?: string;
  readonly concurrency: number;
  readonly seed: number;
  readonly out: string;
  readonly json?: boolean;
}

const names = (text: string): string[] => {
  const list = text.split(',').map((name) => name.trim());
  if (list.every((name) => name !== '')) return list;
  throw new InvalidArgumentError('Names separated by commas are needed.');
};

const weights = (text: string): number[] => {
  const list = names(text).map(Number);
  if (list.every((weight) => weight >= 0 && Number.isFinite(weight))) return list;
  throw new InvalidArgumentError('Numbers from 0, separated by commas, are needed.');
};

export const addJudgeFlags = (command: Command): Command =>
  command
    .addOption(flags.dataset().makeOptionMandatory())
    .addOption(flags.split())
    .addOption(flags.skipBad())
    .option('--run <file>', 'judge the first passages of this TREC run')
    .option('--depth <n>', 'passages a query of the run', integer(1, 100_000), 10)
    .option('--qrels <file>', 'judge the pairs of these judgements anew; their grades are not shown')
    .option('--pairs <file>', 'judge these pairs: a query id and a passage id a line')
    .option('--pick <n>', 'only so many of the pairs, drawn at random', integer(1))
    .addOption(flags.model())
    .option('--panel <models>', 'several models, separated by commas, beside --model', names)
    .addOption(flags.baseUrl())
    .addOption(flags.context())
    .addOption(flags.threads())
    .addOption(
      new Option('--mode <name>', 'what is asked').choices(Object.keys(judgePrompts)).default('graded'),
    )
    .option('--prompt <ids>', 'prompts in place of the mode’s own; several are a panel', names)
    .option('--batch <n>', 'passages judged together, in balanced orders', integer(2, 20))
    .addOption(
      new Option('--aggregate <name>', "how a panel's votes become one")
        .choices(aggregations)
        .default('mean'),
    )
    .addOption(
      new Option('--ties <rule>', 'which of several grades with equally many votes')
        .choices(tieRules)
        .default('nearest'),
    )
    .option('--weights <numbers>', 'one a member of the panel, separated by commas', weights)
    .option('--against <qrels>', "people's judgements: agreement, confusion matrix, calibration")
    .option(
      '--calibrate <file>',
      "with --against, write down what this judge's scores mean in people's grades",
    )
    .option('--calibration <file>', 'grade on the scale of people, as --calibrate wrote it down')
    .option('--relevant-from <grade>', 'lowest grade that counts as relevant', integer(1, 3), 2)
    .option(
      '--sample <n>',
      'draw so many for people to judge; with --against corrected estimates',
      integer(2),
    )
    .addOption(
      new Option('--sample-by <unit>', 'what is drawn; measures such as nDCG need queries')
        .choices(['pair', 'query'])
        .default('pair'),
    )
    .option('--measure <name>', 'with --run and --sample-by query', 'nDCG@10')
    .addOption(flags.ledger().default(undefined, 'beside --out'))
    .addOption(flags.concurrency())
    .addOption(flags.budgetCalls())
    .addOption(flags.budgetTokens())
    .addOption(flags.budgetUsd())
    .addOption(flags.seed())
    .addOption(flags.out('where the judgements go: qrels, and OUT.jsonl with confidences and reasons'))
    .addOption(flags.json());
