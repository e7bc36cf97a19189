/** The scale every other scale is mapped to, declared: 0 not relevant, 1 on the topic, 2 answers in part, 3 answers fully. */
export type Grade = 0 | 1 | 2 | 3;

export const grades: readonly Grade[] = [0, 1, 2, 3];

export type JudgementSource = 'human' | 'llm' | 'constructed';

export interface Judgement {
  readonly queryId: string;
  readonly passageId: string;
  readonly grade: Grade;
  readonly source: JudgementSource;
  /** 0 to 1, the judge's own or measured. */
  readonly confidence?: number;
}
