import { RankforgeError } from '../../../core/errors.js';
import { repeatedName } from '../../../core/names.js';
import { createBatchJudge } from '../../../generate/judge/batch-judge.js';
import { createJudge } from '../../../generate/judge/judge.js';
import {
  calibratedListJudge,
  type JudgeIdentity,
  type JudgeSetting,
  judgeIdentity,
  readJudgeCalibration,
} from '../../../generate/judge/judge-calibration.js';
import { eachAlone, type ListJudge } from '../../../generate/judge/list-judge.js';
import { createListPanel, type PanelMember } from '../../../generate/judge/panel.js';
import { createBudget } from '../../../models/door/budget.js';
import { defaultModel } from '../../../models/weights/aliases.js';
import { createModelPool, type ModelPool } from '../../../pipeline/model-pool.js';
import { promptNamed } from '../../library/open-comparator.js';
import type { CliContext } from '../cli-context.js';
import { budgetOf } from '../flags.js';
import type { JudgeFlags } from './judge-flags.js';

export interface OpenPanel extends AsyncDisposable {
  readonly judge: ListJudge;
  readonly members: readonly string[];
  /** What a calibration of its scores is told by. */
  readonly identity: JudgeIdentity;
  readonly usage: ModelPool['usage'];
}

/**
 * Each model with each prompt is a member.
 * @throws RankforgeError `usage` for a model or a prompt named twice or weights of another number, and what opening may throw
 */
export async function openPanel(flags: JudgeFlags, { signal, onProgress }: CliContext): Promise<OpenPanel> {
  const { model, panel = [], prompt, weights, context, threads, baseUrl, concurrency, ledger } = flags;
  const { mode, batch, aggregate, ties, calibration } = flags;
  const named = [...(model === undefined ? [] : [model]), ...panel];
  const twice = repeatedName(named);
  if (twice !== undefined) throw votesTwice(twice, { isModel: twice === model });
  // The panel would refuse it too, once its models are loaded.
  const promptTwice = repeatedName(prompt ?? []);
  if (promptTwice !== undefined) {
    throw new RankforgeError('usage', `${promptTwice} is named twice`, {
      where: '--prompt',
      hint: 'Name each prompt once; the weight of its vote is set by --weights.',
    });
  }
  const models = named.length > 0 ? named : [defaultModel];
  const prompts = prompt ?? [undefined];
  const count = models.length * prompts.length;
  if (weights && weights.length !== count) {
    throw new RankforgeError(
      'usage',
      `The panel has ${count} members, and ${weights.length} weights were given`,
      {
        where: '--weights',
        hint: 'Give one weight a member: of each model one a prompt, in the order given.',
      },
    );
  }
  if (batch !== undefined && mode !== 'graded') {
    throw new RankforgeError('usage', `Batches are judged in mode graded, not ${mode}`, {
      where: '--batch',
      hint: 'Leave --batch out, or --mode.',
    });
  }
  const entries = models.map(
    (name) => [name, { model: name, context, threads, baseUrl, concurrency }] as const,
  );
  const pool = await createModelPool({
    models: Object.fromEntries(entries),
    ledger,
    budget: createBudget(budgetOf(flags)),
    signal,
    onProgress,
  });
  try {
    const members: (PanelMember<ListJudge> & JudgeSetting['members'][number])[] = [];
    for (const name of models) {
      const opened = await pool.open(name);
      for (const id of prompts) {
        const template = id === undefined ? undefined : promptNamed(id);
        const judge =
          batch === undefined
            ? eachAlone(createJudge({ model: opened, mode, prompt: template }))
            : createBatchJudge({ model: opened, prompt: template, aggregate: { aggregate, ties } });
        members.push({
          name: id === undefined ? name : `${name} ${id}`,
          judge,
          model: opened,
          prompt: template,
          weight: weights?.[members.length],
        });
      }
    }
    const identity = judgeIdentity({ mode, batch, members, aggregate, ties });
    const judge = members.length === 1 ? members[0]!.judge : createListPanel(members, { aggregate, ties });
    return {
      judge:
        calibration === undefined
          ? judge
          : calibratedListJudge(judge, await readJudgeCalibration(calibration, identity)),
      identity,
      members: members.map(({ name }) => name),
      get usage() {
        return pool.usage;
      },
      [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
    };
  } catch (error) {
    await pool[Symbol.asyncDispose]();
    throw error;
  }
}

/** One model that votes twice is no second opinion: a recipe refuses it in the same words. */
const votesTwice = (name: string, { isModel }: { readonly isModel: boolean }): RankforgeError =>
  new RankforgeError('usage', `${name} judges already${isModel ? ', as --model' : ''}`, {
    where: '--panel',
    hint: 'Name other models in the panel; the judge itself is one of its members.',
  });
