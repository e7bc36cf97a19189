import type { ExampleKind } from '../../core/example.js';
import type { Provenance } from '../../core/provenance.js';
import type { Usage } from '../../core/usage.js';
import type { Frontier } from '../../distill/auto/frontier.js';
import type { GateResult } from '../../distill/gate.js';
import type { Interval } from '../../evaluate/bootstrap-interval.js';
import type { RunComparison } from '../../evaluate/compare-runs.js';
import type { SetDescription } from '../../generate/describe/describe-set.js';
import type { DifficultyReport } from '../../generate/queries/difficulty.js';
import type { QueryLogProfile } from '../../generate/sample/profile-query-log.js';
import type { SelectionComparison } from '../../generate/select/compare-selection.js';
import type { CountedWarning } from '../count-warnings.js';
import type { AgreementRow } from './agreement.js';

/** Everything the report shows, as plain JSON. What is absent or empty leaves its section out. */
export interface ReportData {
  /** The recipe's name. */
  readonly title: string;
  /** ISO 8601. */
  readonly finishedAt: string;
  readonly dataset: DatasetFacts;
  readonly funnel: readonly FunnelStage[];
  /** What the training set is like. */
  readonly set?: SetDescription;
  /** What the query log is made of that the set follows. */
  readonly log?: QueryLogProfile;
  /** How hard its queries are, beside how hard they were asked to be. */
  readonly difficulty?: DifficultyReport;
  /** Where it was selected from a larger one. */
  readonly selection?: SelectionComparison;
  /** How far the judge agrees with people, with the writer, and a panel's members with each other. */
  readonly agreement?: readonly AgreementRow[];
  /** Training records to read. */
  readonly samples: readonly SampleRecord[];
  readonly teachers?: TeacherTable;
  readonly rankings: readonly RankingRow[];
  /** What they were measured on. */
  readonly measuredOn?: { readonly queries: number; readonly judgements: 'human' | 'generated' };
  /** The student against each baseline. */
  readonly comparisons: readonly BaselineComparison[];
  readonly gate?: GateResult;
  /** The students by quality and time. */
  readonly frontier?: Frontier;
  /** Of the student that was chosen. */
  readonly calibration?: Calibration;
  readonly costs: readonly StageCost[];
  readonly warnings?: readonly CountedWarning[];
  readonly provenance: ReportProvenance;
  /** Sentences that belong into the summary, for instance what was not done and why. */
  readonly notes?: readonly string[];
}

export interface DatasetFacts {
  readonly name: string;
  readonly passages: number;
  readonly trainingQueries: number;
  /** Rows of all training queries together. */
  readonly trainingPassages: number;
}

/** One step of generation: what came in, what was left, and why the rest was not. */
export interface FunnelStage {
  readonly stage: string;
  readonly in: number;
  readonly out: number;
  /** Counts by reason. */
  readonly rejected: Readonly<Record<string, number>>;
  /** What happened to records that were kept, for instance `relabelled`. */
  readonly noted?: Readonly<Record<string, number>>;
}

export interface SampleRecord {
  readonly query: string;
  /** Query type, split or anything else worth saying. */
  readonly label?: string;
  readonly passages: readonly SamplePassage[];
}

export interface SamplePassage {
  readonly id: string;
  readonly title?: string;
  readonly text: string;
  readonly grade: number;
  readonly kind: ExampleKind;
  readonly origin: string;
  readonly teacherRank?: number;
}

/** How well each teacher, and each untrained ranking beside it, finds what is known to be right. */
export interface TeacherTable {
  /** Of the known items, for instance `RR`. */
  readonly knownItemMeasure: string;
  readonly knownItems: number;
  /** On judged queries, where there are any: for instance `nDCG@10 of 24 judged queries`. */
  readonly judgedMeasure?: string;
  readonly rows: readonly TeacherRow[];
}

export interface TeacherRow {
  readonly name: string;
  readonly kind: 'teacher' | 'untrained' | 'fusion';
  readonly knownItem?: number;
  readonly judged?: number;
  /** In the labels; 0 for one that adds nothing, absent for what takes no part. */
  readonly weight?: number;
  /** For instance `flattered: it wrote the queries`. */
  readonly note?: string;
}

/** A ranking of the judged queries. */
export interface RankingRow {
  readonly name: string;
  readonly kind: 'baseline' | 'teacher' | 'student';
  /** By measure name; the first measure of the first row leads. */
  readonly measures: Readonly<Record<string, Interval>>;
}

export interface BaselineComparison {
  readonly student: string;
  readonly baseline: string;
  readonly result: RunComparison;
}

export interface Calibration {
  /** For instance `mlp, 60 judged queries`. */
  readonly of: string;
  /** Mean predicted probability, share found relevant and passages, by bin. */
  readonly bins: readonly { readonly predicted: number; readonly observed: number; readonly count: number }[];
  /** Expected calibration error, 0 to 1. */
  readonly error?: number;
}

export interface StageCost {
  readonly stage: string;
  readonly usage: Usage;
  readonly seconds: number;
  /** Whether an earlier run had done it already. */
  readonly reused?: boolean;
}

export interface ReportProvenance extends Provenance {
  readonly models: readonly {
    readonly name: string;
    readonly id: string;
    readonly sha256?: string;
    readonly licence?: string;
  }[];
  readonly prompts: readonly { readonly id: string; readonly version: number; readonly hash: string }[];
  /** For instance `2 × Intel Xeon, Linux x64, Node 20.19`. */
  readonly machine?: string;
}
