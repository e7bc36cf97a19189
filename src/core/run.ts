/** One line of a run: a passage id and its score. */
export interface ScoredId {
  readonly id: string;
  readonly score: number;
}

/** A TREC run: by query id, scored passage ids best first. */
export type Run = ReadonlyMap<string, readonly ScoredId[]>;

/** Judgements: by query id, the grade of each judged passage id. Unjudged pairs are absent. */
export type Qrels = ReadonlyMap<string, ReadonlyMap<string, number>>;
