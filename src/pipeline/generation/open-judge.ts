import { calibratedJudge } from '../../generate/judge/calibrate-judge.js';
import { createJudge, type Judge } from '../../generate/judge/judge.js';
import { judgeIdentity, readJudgeCalibration } from '../../generate/judge/judge-calibration.js';
import { createPanel } from '../../generate/judge/panel.js';
import type { LanguageModel } from '../../models/language-model.js';
import type { ModelPool } from '../model-pool.js';
import type { GenerateSection } from '../recipe/generate-section.js';

export interface OpenedJudge {
  readonly judge: Judge;
  /** As a threshold's file names it. */
  readonly name: string;
}

/**
 * The recipe's judge: one model, or a panel of several.
 * @param writerName the writer's name under `models`: it judges where no other does
 * @throws RankforgeError `usage` for a calibration of another judge
 */
export async function openJudge(
  { model, mode, panel, aggregate, calibration }: GenerateSection['judge'],
  pool: ModelPool,
  writerName: string,
): Promise<OpenedJudge> {
  const members: { name: string; model: LanguageModel; judge: Judge }[] = [];
  for (const name of [model ?? writerName, ...panel]) {
    const opened = await pool.open(name);
    members.push({ name, model: opened, judge: createJudge({ model: opened, mode }) });
  }
  const name = `judge ${mode} with ${members.map((member) => member.model.id).join(', ')}`;
  const judge = members.length === 1 ? members[0]!.judge : createPanel(members, { aggregate });
  if (calibration === undefined) return { name, judge };
  const identity = judgeIdentity({
    mode,
    aggregate,
    members: members.map(({ model: one }) => ({ model: one })),
  });
  const { points } = await readJudgeCalibration(calibration, identity);
  // Another name: a threshold learnt from scores as they were means something else.
  return { name: `${name}, calibrated`, judge: calibratedJudge(judge, points) };
}
