import type { Grade } from '../../core/judgement.js';
import { grades } from '../../core/judgement.js';
import type { Passage } from '../../core/passage.js';
import { passageText } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import type { CallOptions, LanguageModel, Message, NextTokenReply } from '../../models/language-model.js';
import { loadPrompt, type PromptTemplate, renderPrompt } from '../../prompts/template.js';
import { recordFault } from '../call-faults.js';
import { promptData } from '../prompt-data.js';

/** What a judge says of one query and passage. */
export interface Verdict {
  /** Unknown where the reply was no grade: never read as 0. */
  readonly grade: Grade | undefined;
  /** 0 to 1, higher is more relevant: P(yes), or the expected grade / 3. */
  readonly score: number | undefined;
  /** Why the grade is unknown. */
  readonly reason?: string;
  readonly ledgerKeys: readonly string[];
}

/** Grades one passage for one query. */
export type Judge = (query: Query, passage: Passage, options?: CallOptions) => Promise<Verdict>;

export type JudgeMode = 'yes-no' | 'graded';

export interface JudgeOptions {
  readonly model: LanguageModel;
  /** `yes-no`: one forward pass for P(yes), a grade by thresholds. `graded`: the expected grade over 0 to 3. @default 'yes-no' */
  readonly mode?: JudgeMode;
  /** Least P(yes) of grades 1, 2 and 3. @default [0.2, 0.5, 0.8] */
  readonly thresholds?: readonly [number, number, number];
  /** Least probability that the labels hold together; below it the model did not mean to answer, and its written reply is read. @default 0.1 */
  readonly leastMass?: number;
  readonly prompt?: PromptTemplate;
  /** Characters of a passage that are shown. @default 1600 */
  readonly maxCharacters?: number;
}

/** A judge in one of two modes. Logits where the model shows them, else the written reply, read by an anchored pattern. */
export function createJudge(options: JudgeOptions): Judge {
  const { model, mode = 'yes-no', thresholds = [0.2, 0.5, 0.8], leastMass = 0.1, maxCharacters } = options;
  const yesNo = mode === 'yes-no';
  const prompt = options.prompt ?? loadPrompt(yesNo ? 'generate/judge-yes-no' : 'generate/judge-graded');
  const replies = yesNo ? ['Yes', 'No'] : grades.map((grade) => `##final score: ${grade}`);
  const readsLogits = model.capabilities.nextToken !== 'none' && model.tellsApart(replies);
  const gradeOf = (score: number): Grade =>
    yesNo ? gradeByThresholds(score, thresholds) : nearestGrade(score * 3);

  return async (query, passage, callOptions = {}) => {
    const asked = query.instruction ? `${query.text}\n${query.instruction}` : query.text;
    const messages = renderPrompt(prompt, {
      query: promptData(asked, { maxCharacters: 1000 }),
      passage: promptData(passageText(passage), { maxCharacters }),
    });
    const ledgerKeys: string[] = [];
    const note = <R extends { readonly key?: string }>(reply: R): R => {
      if (reply.key) ledgerKeys.push(reply.key);
      return reply;
    };
    try {
      if (readsLogits) {
        const reply = note(await model.nextToken({ messages, replies }, callOptions));
        const score = yesNo ? yesShare(reply, leastMass) : expectedShare(reply, leastMass);
        if (score !== undefined) return { grade: gradeOf(score), score, ledgerKeys };
      }
      const score = await writtenScore(messages, note, callOptions);
      if (score === undefined) return { grade: undefined, score: undefined, reason: 'unparsed', ledgerKeys };
      return { grade: gradeOf(score), score, ledgerKeys };
    } catch (error) {
      return { grade: undefined, score: undefined, reason: recordFault(error), ledgerKeys };
    }
  };

  async function writtenScore(
    messages: readonly Message[],
    note: <R extends { readonly key?: string }>(reply: R) => R,
    callOptions: CallOptions,
  ): Promise<number | undefined> {
    const { text } = note(
      await model.generate({ messages, maxTokens: yesNo ? 8 : 64, temperature: 0 }, callOptions),
    );
    if (yesNo) return parseYesNo(text);
    const grade = parseGrade(text);
    return grade === undefined ? undefined : grade / 3;
  }
}

/** `##final score: 3` in a reply, the last one where there are several; undefined where there is none. Other numbers are never read as a grade. */
export function parseGrade(text: string): Grade | undefined {
  const bare = /^\W*([0-3])\W*$/.exec(text);
  const anchored = [...text.matchAll(/##\s*final\s+score\s*[:=]\s*(-?\d+(?:\.\d+)?)/giu)].at(-1);
  const value = Number(anchored?.[1] ?? bare?.[1] ?? Number.NaN);
  return grades.find((grade) => grade === value);
}

/** 1 for a reply that begins with yes, 0 for no, undefined for anything else. */
export function parseYesNo(text: string): 0 | 1 | undefined {
  const match = /^\W*(yes|no)\b/iu.exec(text);
  if (!match) return undefined;
  return match[1]!.toLowerCase() === 'yes' ? 1 : 0;
}

/** P(yes) / (P(yes) + P(no)). A label that a server did not show is less probable than all that it showed, and counts as 0. */
function yesShare({ logProbabilities, mass }: NextTokenReply, leastMass: number): number | undefined {
  const [yes, no] = logProbabilities;
  if (mass < leastMass || yes === undefined || no === undefined || (yes === null && no === null))
    return undefined;
  if (yes === null) return 0;
  if (no === null) return 1;
  return 1 / (1 + Math.exp(no - yes));
}

/** The expected grade over the shown labels, divided by 3: the labels come in the order of the grades. */
function expectedShare({ logProbabilities, mass }: NextTokenReply, leastMass: number): number | undefined {
  if (mass < leastMass) return undefined;
  const weights = logProbabilities.map((value) => (value === null ? 0 : Math.exp(value)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (!(sum > 0)) return undefined;
  return weights.reduce((total, weight, grade) => total + weight * grade, 0) / sum / 3;
}

const nearestGrade = (value: number): Grade => grades[Math.min(3, Math.max(0, Math.round(value)))]!;

const gradeByThresholds = (score: number, thresholds: readonly [number, number, number]): Grade =>
  grades[thresholds.filter((least) => score >= least).length]!;
