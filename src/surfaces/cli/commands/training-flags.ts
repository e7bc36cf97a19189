import { Option } from 'commander';
import {
  type FalseNegativeWay,
  falseNegativeWays,
} from '../../../distill/curriculum/past-false-negatives.js';
import { type CurriculumName, curriculumNames } from '../../../distill/curriculum/plan-epoch.js';
import { parseLossMix } from '../../../distill/losses/loss-mix.js';
import type { TrainingSettings } from '../../../distill/students/training-settings.js';

export interface TrainingFlags {
  loss?: string;
  importance?: boolean;
  curriculum?: CurriculumName;
  twoHeads?: boolean;
  falseNegatives?: FalseNegativeWay;
}

/** What students are trained with. */
export const trainingOptions = (): Option[] => [
  new Option(
    '--loss <mix>',
    'one loss or several as kl:1,mse:0.1, not of lambdamart; auto goes by the labels (default: kl; for what reads texts kl:1,mse:0.1, with clicks ndcg-loss2++)',
  ).argParser(lossMix),
  new Option(
    '--importance',
    "items count by the teacher's rank, 1 + 1/log2(r + 1); for losses that are sums over items",
  ),
  new Option(
    '--curriculum <name>',
    'which lists count when, of mlp; by the hardness that was recorded, else by how far the untrained ranking is from the labels',
  ).choices(curriculumNames),
  new Option(
    '--two-heads',
    'an output for the probability beside the one for the order, of mlp: P(relevant) is then fitted on it',
  ),
  new Option(
    '--false-negatives <way>',
    'what --labels leaves unjudged: drop what the untrained ranking puts beside the best positive, or weigh by rank, which takes a loss with weights, as info-nce (default: it counts as not relevant)',
  ).choices(falseNegativeWays),
];

export const trainingOf = ({
  loss,
  importance,
  curriculum,
  twoHeads,
  falseNegatives,
}: TrainingFlags): TrainingSettings => ({
  ...(loss === undefined ? {} : { loss }),
  ...(importance ? { importance } : {}),
  ...(curriculum === undefined ? {} : { curriculum }),
  ...(twoHeads ? { twoHeads } : {}),
  ...(falseNegatives === undefined ? {} : { falseNegatives }),
});

/** Checked while the command line is read: a misspelt loss should not wait until a corpus is embedded. */
function lossMix(text: string): string {
  if (text !== 'auto') parseLossMix(text);
  return text;
}
