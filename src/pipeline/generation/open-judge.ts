import { createJudge, type Judge } from '../../generate/judge/judge.js';
import { createPanel } from '../../generate/judge/panel.js';
import type { LanguageModel } from '../../models/language-model.js';
import type { ModelPool } from '../model-pool.js';
import type { GenerateSection } from '../recipe/generate-section.js';

export interface OpenedJudge {
  readonly judge: Judge;
  /** As a threshold's file names it. */
  readonly name: string;
}

/** The recipe's judge: one model, or a panel of several. */
export async function openJudge(
  { model, mode, panel, aggregate }: GenerateSection['judge'],
  writer: LanguageModel,
  pool: ModelPool,
): Promise<OpenedJudge> {
  const models = [model === undefined ? writer : await pool.open(model)];
  for (const name of panel) models.push(await pool.open(name));
  const name = `judge ${mode} with ${models.map(({ id }) => id).join(', ')}`;
  const members = models.map((one) => ({ name: one.id, judge: createJudge({ model: one, mode }) }));
  return { name, judge: members.length === 1 ? members[0]!.judge : createPanel(members, { aggregate }) };
}
