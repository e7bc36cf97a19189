import { z } from 'zod';
import { RankforgeError } from '../../core/errors.js';
import { packageVersion } from '../../core/version.js';
import type { LanguageModel } from '../../models/language-model.js';
import { loadPrompt, type PromptTemplate } from '../../prompts/template.js';
import { readFitted, writeFitted } from '../../rerank/fitted-file.js';
import { type CalibrationPair, calibrateJudge, calibrateVerdict } from './calibrate-judge.js';
import { type JudgeMode, judgePrompts } from './judge.js';
import type { ListJudge } from './list-judge.js';
import { type Aggregation, aggregations, type TieRule, tieRules } from './votes.js';

const Member = z.strictObject({
  modelId: z.string(),
  promptId: z.string(),
  promptHash: z.string(),
  weight: z.number().optional(),
});

/** Whose scores: those of another model, prompt or panel mean something else. */
const JudgeIdentity = z.strictObject({
  mode: z.enum(Object.keys(judgePrompts) as [JudgeMode, ...JudgeMode[]]),
  /** Passages that are judged together, where they are. */
  batch: z.number().int().optional(),
  members: z.array(Member).min(1),
  /** Of a panel. */
  aggregate: z.enum(aggregations).optional(),
  ties: z.enum(tieRules).optional(),
});
export type JudgeIdentity = z.infer<typeof JudgeIdentity>;

const GradeErrors = z.strictObject({ bias: z.number(), error: z.number() });

/** From a judge's score to people's grade, with whose scores they were and how well it fits. As plain JSON. */
export const JudgeCalibrationFile = z
  .strictObject({
    format: z.literal(1),
    of: JudgeIdentity,
    /** The judge's score, 0 to 1, rising, and people's grade / 3 there; straight lines in between. */
    points: z.strictObject({
      scores: z.array(z.number()).min(1),
      probabilities: z.array(z.number().min(0).max(1)).min(1),
    }),
    figures: z.strictObject({
      pairs: z.number().int(),
      queries: z.number().int(),
      /** In grades, of the scores as they are, and calibrated on other queries. */
      before: GradeErrors,
      after: GradeErrors,
    }),
    seed: z.number(),
    packageVersion: z.string(),
  })
  .refine(
    ({ points: { scores, probabilities } }) =>
      scores.length === probabilities.length && rises(scores) && rises(probabilities),
    'points must be as many scores as probabilities, both rising',
  );
export type JudgeCalibrationFile = z.infer<typeof JudgeCalibrationFile>;

const rises = (values: readonly number[]): boolean =>
  values.every((value, index) => index === 0 || value >= values[index - 1]!);

export interface JudgeSetting {
  readonly mode?: JudgeMode;
  readonly batch?: number;
  readonly members: readonly {
    readonly model: Pick<LanguageModel, 'id'>;
    /** @default the mode's own */
    readonly prompt?: PromptTemplate;
    readonly weight?: number;
  }[];
  readonly aggregate?: Aggregation;
  readonly ties?: TieRule;
}

/** What makes two judges the same. */
export function judgeIdentity({
  mode = 'yes-no',
  batch,
  members,
  aggregate = 'mean',
  ties = 'nearest',
}: JudgeSetting): JudgeIdentity {
  const own = batch === undefined ? judgePrompts[mode] : 'generate/judge-batch';
  return {
    mode,
    ...(batch !== undefined && { batch }),
    members: members.map(({ model, prompt = loadPrompt(own), weight }) => ({
      modelId: model.id,
      promptId: prompt.id,
      promptHash: prompt.hash,
      ...(weight !== undefined && { weight }),
    })),
    ...(members.length > 1 && { aggregate, ties }),
  };
}

/**
 * Fits a judge's scores to people's grades, for a file.
 * @throws RankforgeError `too-little-data` with fewer than 2 queries
 */
export function fitJudgeCalibration(
  of: JudgeIdentity,
  pairs: readonly CalibrationPair[],
  { seed }: { readonly seed: number },
): JudgeCalibrationFile {
  const { points, before, after } = calibrateJudge(pairs, { seed });
  const queries = new Set(pairs.map(({ queryId }) => queryId)).size;
  return {
    format: 1,
    of,
    points: { scores: [...points.scores], probabilities: [...points.probabilities] },
    figures: { pairs: pairs.length, queries, before, after },
    seed,
    packageVersion,
  };
}

/** @throws RankforgeError `disk-full`, `no-permission` */
export const writeJudgeCalibration = (path: string, calibration: JudgeCalibrationFile): Promise<void> =>
  writeFitted(path, calibration);

/** @throws RankforgeError `missing-file`; `bad-file` for one that is none; `usage` for that of another judge */
export async function readJudgeCalibration(
  path: string,
  judge: JudgeIdentity,
): Promise<JudgeCalibrationFile> {
  const calibration = await readFitted(path, JudgeCalibrationFile, "judge's calibration");
  checkIdentity(path, calibration.of, judge);
  return calibration;
}

/** A judge of several passages whose scores and grades are on people's scale. */
export const calibratedListJudge =
  (judge: ListJudge, { points }: Pick<JudgeCalibrationFile, 'points'>): ListJudge =>
  async (query, passages, options) =>
    (await judge(query, passages, options)).map((verdict) => calibrateVerdict(verdict, points));

/** Names the first thing that differs. */
function checkIdentity(path: string, of: JudgeIdentity, judge: JudgeIdentity): void {
  const differs = (['mode', 'batch', 'aggregate', 'ties'] as const).find((key) => of[key] !== judge[key]);
  const refuse = (what: string, theirs: unknown, own: unknown) => {
    throw new RankforgeError(
      'usage',
      `The calibration is of a judge with the ${what} ${theirs}, not ${own}`,
      {
        where: path,
        hint: 'Fit one for this judge: `rankforge judge … --against QRELS --calibrate FILE`.',
      },
    );
  };
  if (differs) refuse(differs, of[differs] ?? 'none', judge[differs] ?? 'none');
  if (of.members.length !== judge.members.length)
    refuse('number of members', of.members.length, judge.members.length);
  for (const [index, member] of of.members.entries()) {
    const own = judge.members[index]!;
    if (member.modelId !== own.modelId) refuse('model', member.modelId, own.modelId);
    if (member.promptId !== own.promptId) refuse('prompt', member.promptId, own.promptId);
    if (member.promptHash !== own.promptHash)
      refuse(`prompt ${own.promptId} of hash`, member.promptHash, own.promptHash);
    if (member.weight !== own.weight) refuse('weight', member.weight ?? 'none', own.weight ?? 'none');
  }
}
