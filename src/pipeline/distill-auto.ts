import { join } from 'node:path';
import { packageVersion } from '../core/version.js';
import { chooseStudent, type Frontier, makeFrontier } from '../distill/auto/frontier.js';
import { noneChosen } from '../distill/auto/none-chosen.js';
import { type GateResult, gateTogether } from '../distill/gate.js';
import { withCard } from '../distill/make-student.js';
import { saveStudent } from '../distill/student-folder.js';
import { allStudentKinds } from '../distill/student-kinds.js';
import { studentKinds } from '../distill/students/scorer.js';
import { mendsLabels } from '../distill/students/training-settings.js';
import { readerKinds } from '../distill/texts/text-reader.js';
import { bootstrapInterval, type Interval } from '../evaluate/bootstrap-interval.js';
import { compareRuns } from '../evaluate/compare-runs.js';
import { evaluateRun } from '../evaluate/evaluate-run.js';
import { atomicWrite } from '../formats/atomic-write.js';
import {
  type DistilledKind,
  type DistilledKinds,
  type DistillKindsOptions,
  distillKinds,
} from './distill-runs.js';
import { frontierSvg } from './report/frontier.js';
import { rankingRow } from './report/ranking-row.js';
import type { ReportData } from './report/report-data.js';
import { writeReport } from './report/write-report.js';
import { measuredPoint, pointOf } from './student-point.js';

export interface DistillAutoOptions
  extends Omit<DistillKindsOptions, 'kinds' | 'timeLimit' | 'onUnfinished'> {
  readonly out: string;
  /** @default every kind; without a time limit those that score features, since what reads texts may train for hours */
  readonly kinds?: DistillKindsOptions['kinds'];
  /** Seconds that training may take: what is finished by then counts. @default none */
  readonly timeLimit?: number;
  /** Milliseconds that 100 candidates may take, at the 95th percentile, vectors given. @default any */
  readonly latencyMs?: number;
}

export interface DistilledAuto extends Pick<DistilledKinds, 'queries' | 'weights' | 'propensities'> {
  /** Of the chosen student; the others are in `students` below it. */
  readonly folder: string;
  readonly chosen: string;
  readonly frontier: Frontier;
  readonly gate?: GateResult;
}

const measures = ['nDCG@10', 'RR@10', 'AP'];

/**
 * Tries every kind of student within a time limit and keeps the best that passes its gate and is fast enough, beside
 * `students/KIND` of all that were finished, `frontier.json`, `frontier.svg` and a report. Each p counts for as many students as
 * were tried. Whether the gate was passed is in the result.
 * @throws RankforgeError `gate-failed` where none was finished or is fast enough: what was trained is written all the same; as `distillRuns`
 */
export async function distillAuto(options: DistillAutoOptions): Promise<DistilledAuto> {
  const { out, latencyMs, seed, timeLimit } = options;
  const wanted = options.kinds ?? (timeLimit === undefined ? studentKinds : allStudentKinds);
  // A student of labels that were left as they are would be chosen among those that were not.
  const kinds = wanted.filter((kind) => mendsLabels(kind, options.training ?? {}));
  const unfinished: { name: string; why: string }[] =
    options.kinds || timeLimit !== undefined
      ? []
      : readerKinds.map((name) => ({ name, why: 'not tried without a time limit: it reads texts' }));
  for (const name of wanted.filter((kind) => !kinds.includes(kind)))
    unfinished.push({
      name,
      why: `not tried: it cannot ${options.training?.falseNegatives} false negatives`,
    });
  const found = await distillKinds({
    ...options,
    kinds,
    onUnfinished: (name, why) => unfinished.push({ name, why }),
  });
  const gates = gateTogether(found.students.flatMap(({ gate }) => gate ?? []));
  const students = found.students.map((one, index) => withGate(one, gates[index]));
  for (const { kind, student } of students) await saveStudent(join(out, 'students', kind), student);
  const measured = (run: DistilledKind['heldOutRun']): Interval => {
    const rows = [...evaluateRun(found.judged!, run, ['nDCG@10']).perQuery.values()];
    return bootstrapInterval(
      rows.map((row) => row['nDCG@10']!),
      { seed },
    );
  };
  const points = students.map((one) =>
    found.judged ? measuredPoint(pointOf(one), measured(one.heldOutRun), one.gate) : pointOf(one),
  );
  const [first] = gates;
  const teacher = best(first?.teachers?.map(({ name, teacherMean: mean }) => ({ name, mean })) ?? []);
  const frontier = makeFrontier(points, {
    measure: found.judged ? 'nDCG@10' : 'nDCG@10 on the labels',
    unfinished,
    ...(first ? { untrained: { name: first.baseline, mean: first.baselineMeans[first.baseline]! } } : {}),
    ...(teacher ? { teacher } : {}),
    budgetMs: latencyMs,
    choice: chooseStudent(points, {
      budgetMs: latencyMs,
      heldOut: students.map(({ heldOutGains }) => heldOutGains),
    }),
  });
  await atomicWrite(join(out, 'frontier.json'), `${JSON.stringify(frontier, null, 2)}\n`);
  if (points.length > 0) await atomicWrite(join(out, 'frontier.svg'), await frontierSvg(frontier));
  const chosen = students.find(({ kind }) => frontier.points.some((one) => one.chosen && one.name === kind));
  const gate = chosen?.gate && { ...chosen.gate, ...(await chosen.onUnseenSubjects()) };
  const data = reportOf(found, { ...options, students, chosen, gate, frontier });
  await writeReport(data, out);
  await atomicWrite(join(out, 'report.json'), `${JSON.stringify(data, null, 2)}\n`);
  if (!chosen) throw noneChosen(frontier.reason, out);
  await saveStudent(out, gate ? withCard(chosen.student, { gate }) : chosen.student);
  const { queries, weights, propensities } = found;
  return { folder: out, chosen: chosen.kind, frontier, gate, queries, weights, propensities };
}

const withGate = (one: DistilledKind, gate: GateResult | undefined): DistilledKind =>
  gate ? { ...one, gate, student: withCard(one.student, { gate }) } : one;

const best = <T extends { readonly mean: number }>(all: readonly T[]): T | undefined =>
  all.reduce<T | undefined>((top, one) => (top && top.mean >= one.mean ? top : one), undefined);

function reportOf(
  { untrained, teachers, judged, queries }: DistilledKinds,
  {
    dataset,
    students,
    chosen,
    gate,
    frontier,
    seed,
    command,
  }: Pick<DistillAutoOptions, 'dataset' | 'seed' | 'command'> & {
    readonly students: readonly DistilledKind[];
    readonly chosen?: DistilledKind;
    readonly gate?: GateResult;
    readonly frontier: Frontier;
  },
): ReportData {
  const rows = [
    ...Object.entries(untrained).map(([name, run]) => ({ name, kind: 'baseline' as const, run })),
    ...Object.entries(teachers).map(([name, run]) => ({ name, kind: 'teacher' as const, run })),
    ...students.map(({ kind, heldOutRun: run }) => ({ name: kind, kind: 'student' as const, run })),
  ];
  return {
    title: `Students of ${dataset.name}`,
    finishedAt: new Date().toISOString(),
    dataset: {
      name: dataset.name,
      passages: dataset.passages.size,
      trainingQueries: queries,
      trainingPassages: chosen?.student.card.training.passages ?? 0,
    },
    funnel: [],
    samples: [],
    rankings: judged
      ? rows.map(({ run, ...row }) => rankingRow(row, evaluateRun(judged, run, measures), { seed }))
      : [],
    comparisons:
      judged && chosen
        ? Object.entries(untrained).map(([baseline, run]) => ({
            student: chosen.kind,
            baseline,
            result: compareRuns(judged, [chosen.heldOutRun, run], 'nDCG@10', { seed }),
          }))
        : [],
    ...(judged ? { measuredOn: { queries: judged.size, judgements: 'human' as const } } : {}),
    gate,
    frontier,
    calibration: chosen?.calibration && {
      of: `${chosen.kind}, ${chosen.calibration.queries} judged queries that the gate leaves out`,
      error: chosen.calibration.error,
      bins: chosen.calibration.bins,
    },
    costs: [],
    provenance: { packageVersion, seed, models: [], prompts: [] },
    notes: [
      `${frontier.reason.charAt(0).toUpperCase()}${frontier.reason.slice(1)}.`,
      ...(command ? [`Made by: ${command}.`] : []),
    ],
  };
}
