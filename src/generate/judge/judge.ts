import type { Grade } from '../../core/judgement.js';
import { grades } from '../../core/judgement.js';
import type { Passage } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import type { CallOptions, GenerateReply, LanguageModel } from '../../models/language-model.js';
import { loadPrompt, type PromptTemplate, renderPrompt } from '../../prompts/template.js';
import { recordFault } from '../call-faults.js';
import { askedOf, shownOf } from './judge-data.js';
import { expectedGrade, gradeShares, yesShare } from './label-score.js';
import { findAnchoredScore, parseYesNo, readGrade } from './parse-grade.js';
import type { Disagreement, Vote } from './votes.js';

/** What a judge says of one query and passage. */
export interface Verdict {
  /** Unknown where the reply was no grade: never read as 0. */
  readonly grade: Grade | undefined;
  /** 0 to 1, higher is more relevant: P(yes), or the expected grade / 3. */
  readonly score: number | undefined;
  /** How sure the judge is of its grade, 0 to 1, where its logits show it. */
  readonly confidence?: number;
  /** P(grade) of 0, 1, 2 and 3 by the label logits, where they were read. */
  readonly shares?: readonly number[];
  /** Why the judge thinks so, where it was asked to say. */
  readonly explanation?: string;
  /** Why the grade is unknown. */
  readonly reason?: string;
  readonly ledgerKeys: readonly string[];
  /** Of a panel: what each member said, in the panel's order, and how far they were apart. */
  readonly votes?: readonly Vote[];
  readonly disagreement?: Disagreement;
}

/** Grades one passage for one query. */
export type Judge = (query: Query, passage: Passage, options?: CallOptions) => Promise<Verdict>;

export const judgePrompts = {
  'yes-no': 'generate/judge-yes-no',
  graded: 'generate/judge-graded',
  reasoned: 'generate/judge-reasoned',
} as const;

export type JudgeMode = keyof typeof judgePrompts;

export interface JudgeOptions {
  readonly model: LanguageModel;
  /**
   * `yes-no`: one forward pass for P(yes), a grade by thresholds. `graded`: the expected grade over 0 to 3, in one pass too.
   * `reasoned`: the reasons are written first, then the expected grade is read behind them. @default 'yes-no'
   */
  readonly mode?: JudgeMode;
  /** Least P(yes) of grades 1, 2 and 3. @default [0.2, 0.5, 0.8] */
  readonly thresholds?: readonly [number, number, number];
  /** Least probability that the labels hold together; below it the model did not mean to answer, and its written reply is read. @default 0.1 */
  readonly leastMass?: number;
  readonly prompt?: PromptTemplate;
  /** Characters of a passage that are shown. @default 1600 */
  readonly maxCharacters?: number;
  /** Of the reasons, tokens. @default 320 */
  readonly maxTokens?: number;
}

const scoreLine = '##final score: ';
const defaultReasonTokens = 320;

/**
 * A judge in one of three modes. Logits where the model shows them, else the written reply, read by an anchored pattern.
 * What concerns one pair alone (a passage too long) is a verdict without grade; what concerns the model is thrown.
 * @see Upadhyay et al. 2024, arXiv:2406.06519 (UMBRELA: the steps and the form of the score); Zhuang et al. 2024,
 * arXiv:2310.14122 (expected grades)
 */
export function createJudge(options: JudgeOptions): Judge {
  const { model, mode = 'yes-no', thresholds = [0.2, 0.5, 0.8], leastMass = 0.1, maxCharacters } = options;
  const { maxTokens = mode === 'reasoned' ? defaultReasonTokens : mode === 'yes-no' ? 8 : 64 } = options;
  const yesNo = mode === 'yes-no';
  const prompt = options.prompt ?? loadPrompt(judgePrompts[mode]);
  const replies = yesNo ? ['Yes', 'No'] : grades.map((grade) => `${scoreLine}${grade}`);
  const showsLogits = model.capabilities.nextToken !== 'none' && model.tellsApart(replies);

  return async (query, passage, callOptions = {}) => {
    const shown = shownOf(passage, maxCharacters);
    const messages = renderPrompt(prompt, { query: askedOf(query), passage: shown });
    const ledgerKeys: string[] = [];
    const note = <R extends { readonly key?: string }>(reply: R): R => {
      if (reply.key) ledgerKeys.push(reply.key);
      return reply;
    };
    const ask: Ask = {
      labels: async (wanted) => note(await model.nextToken({ messages, replies: wanted }, callOptions)),
      write: async () => note(await model.generate({ messages, maxTokens, temperature: 0 }, callOptions)),
    };
    try {
      if (mode === 'reasoned') return { ...(await reasoned(ask, shown)), ledgerKeys };
      return { ...(await (yesNo ? answered(ask) : scored(ask, shown))), ledgerKeys };
    } catch (error) {
      return { ...unknown(recordFault(error)), ledgerKeys };
    }
  };

  async function answered({ labels, write }: Ask): Promise<Said> {
    const share = showsLogits ? yesShare(await labels(replies), leastMass) : undefined;
    if (share !== undefined)
      return { grade: byThresholds(share, thresholds), score: share, confidence: Math.abs(2 * share - 1) };
    const reply = await write();
    const written = parseYesNo(reply.text);
    if (written === undefined) return unknown(readGrade(reply).reason ?? 'unparsed');
    return { grade: byThresholds(written, thresholds), score: written };
  }

  async function scored({ labels, write }: Ask, shown: string): Promise<Said> {
    const shares = showsLogits ? gradeShares(await labels(replies), leastMass) : undefined;
    return shares ? fromShares(shares) : fromReply(await write(), shown);
  }

  async function reasoned({ labels, write }: Ask, shown: string): Promise<Said> {
    const reply = await write();
    const at = findAnchoredScore(reply.text);
    const explanation = (at ? reply.text.slice(0, at.start) : reply.text).trim().slice(0, 4000);
    const written = fromReply(reply, shown);
    const readable =
      written.reason === undefined || written.reason === 'unparsed' || written.reason === 'cut-off';
    // Behind reasons that a server keeps to itself no logits can be read.
    if (
      !showsLogits ||
      !model.capabilities.prefill ||
      reply.thinking ||
      !readable ||
      reply.text.trim() === ''
    )
      return { ...written, explanation };
    // Reasons that ended without a score are still reasons.
    const start = at ? reply.text.slice(0, at.number) : `${reply.text.trimEnd()}\n${scoreLine}`;
    const behind = grades.map((grade) => `${start}${grade}`);
    const shares = model.tellsApart(behind) ? gradeShares(await labels(behind), leastMass) : undefined;
    return { ...(shares ? fromShares(shares) : written), explanation };
  }
}

interface Ask {
  readonly labels: (replies: readonly string[]) => ReturnType<LanguageModel['nextToken']>;
  readonly write: () => Promise<GenerateReply>;
}

type Said = Omit<Verdict, 'ledgerKeys'>;

const unknown = (reason: string): Said => ({ grade: undefined, score: undefined, reason });

function fromReply(reply: Pick<GenerateReply, 'text' | 'finish'>, passage: string): Said {
  const { grade, reason } = readGrade(reply, { passage });
  return grade === undefined ? unknown(reason) : { grade, score: grade / 3 };
}

function fromShares(shares: readonly number[]): Said {
  const expected = expectedGrade(shares);
  const grade = nearestGrade(expected);
  return { grade, score: expected / 3, confidence: shares[grade]!, shares };
}

/** The grade nearest to a real number, the higher one at a half. */
export const nearestGrade = (value: number): Grade => grades[Math.min(3, Math.max(0, Math.round(value)))]!;

const byThresholds = (score: number, thresholds: readonly [number, number, number]): Grade =>
  grades[thresholds.filter((least) => score >= least).length]!;
