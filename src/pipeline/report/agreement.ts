import type { Qrels } from '../../core/run.js';
import {
  bootstrapStatistic,
  groupBy,
  type StatisticInterval,
} from '../../evaluate/agreement/bootstrap-statistic.js';
import { compareJudgements, type GradedPair } from '../../evaluate/agreement/compare-judgements.js';
import { krippendorffAlpha } from '../../evaluate/agreement/krippendorff-alpha.js';
import type { JudgementRecord } from '../../generate/judge/judgement-record.js';

/** How far two who graded the same pairs agree, or all members of a panel. */
export interface AgreementRow {
  readonly between: string;
  readonly pairs: number;
  /** Intervals are over these. */
  readonly queries: number;
  /** Share of pairs with the same grade. */
  readonly same: number;
  /** Cohen's, quadratic weights, with 95 % intervals; absent where more than two graded. */
  readonly kappa?: StatisticInterval;
  /** Krippendorff's, ordinal. */
  readonly alpha: StatisticInterval;
}

/** What the row of judge and people is named. */
export const withPeople = 'judge and people';

export interface AgreementOptions {
  /** People's grades of some of the pairs. */
  readonly people?: Qrels;
  readonly seed: number;
}

/**
 * The judge beside people, beside the levels that the writer was asked for, and a panel's members beside each other, over
 * everything that was judged: also what was then left out of the set. A written passage counts as it was first written, since
 * its rewriter was told what the judge had said. Rows without pairs are left out.
 */
export function agreementRows(
  records: readonly JudgementRecord[],
  { people, seed }: AgreementOptions,
): AgreementRow[] {
  const first = groupBy(records, ({ queryId, passageId }) => JSON.stringify([queryId, passageId])).map(
    ([record]) => record!,
  );
  const beside = (gradeOf: (record: JudgementRecord) => number | undefined): GradedPair[] =>
    first.flatMap((record) => {
      const { queryId, passageId, grade: judge } = record;
      const human = gradeOf(record);
      return judge === null || human === undefined ? [] : [{ queryId, passageId, judge, human }];
    });
  const row = (between: string, pairs: readonly GradedPair[]): AgreementRow[] => {
    if (pairs.length === 0) return [];
    const { queries, same, quadraticKappa, ordinalAlpha } = compareJudgements(pairs, { seed });
    return [{ between, pairs: pairs.length, queries, same, kappa: quadraticKappa, alpha: ordinalAlpha }];
  };
  return [
    ...row(
      withPeople,
      beside(({ queryId, passageId }) => onScale(people?.get(queryId)?.get(passageId))),
    ),
    ...row('judge and writer', beside(writtenLevel)),
    ...panelRows(first, { seed, row }),
  ];
}

/** Grades above 3 are of another scale; those below 0 mark what nobody could judge. */
const onScale = (grade: number | undefined): number | undefined =>
  grade === undefined || grade > 3 ? undefined : Math.max(0, grade);

/** Written levels are named by their query and level. */
function writtenLevel({ queryId, passageId }: JudgementRecord): number | undefined {
  const level = passageId.startsWith(queryId) && /^-level([0-3])$/.exec(passageId.slice(queryId.length))?.[1];
  return level ? Number(level) : undefined;
}

function panelRows(
  records: readonly JudgementRecord[],
  {
    seed,
    row,
  }: {
    readonly seed: number;
    readonly row: (between: string, pairs: readonly GradedPair[]) => AgreementRow[];
  },
): AgreementRow[] {
  const members = [...new Set(records.flatMap(({ votes = [] }) => votes.map(({ judge }) => judge)))];
  const gradeBy = ({ votes }: JudgementRecord, name: string) =>
    votes?.find(({ judge }) => judge === name)?.grade;
  const two = members.flatMap((a, index) =>
    members.slice(index + 1).flatMap((b) =>
      row(
        `${a} and ${b}`,
        records.flatMap((record) => {
          const [judge, human] = [gradeBy(record, a), gradeBy(record, b)];
          const { queryId, passageId } = record;
          return judge === undefined || human === undefined ? [] : [{ queryId, passageId, judge, human }];
        }),
      ),
    ),
  );
  const units = records
    .map((record) => ({ query: record.queryId, grades: members.map((name) => gradeBy(record, name)) }))
    .filter(({ grades }) => grades.filter((grade) => grade !== undefined).length >= 2);
  if (members.length < 3 || units.length === 0) return two;
  const alpha = bootstrapStatistic(
    units,
    (some) => krippendorffAlpha(members.map((_, member) => some.map(({ grades }) => grades[member]))),
    { seed, groupOf: ({ query }) => query },
  );
  const agree = units.filter(({ grades }) => new Set(grades.filter((g) => g !== undefined)).size === 1);
  return [
    ...two,
    {
      between: `all ${members.length} members of the panel`,
      pairs: units.length,
      queries: new Set(units.map(({ query }) => query)).size,
      same: agree.length / units.length,
      alpha,
    },
  ];
}
