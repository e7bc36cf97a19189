import type { Command } from 'commander';
import { RankforgeError } from '../../../core/errors.js';
import { compareJudgements, sharedPairs } from '../../../evaluate/agreement/compare-judgements.js';
import { atomicWrite } from '../../../formats/atomic-write.js';
import { writeQrels } from '../../../formats/qrels.js';
import { readRun } from '../../../formats/trec-run.js';
import { type CalibrationPair, calibrateJudge } from '../../../generate/judge/calibrate-judge.js';
import { fitJudgeCalibration, writeJudgeCalibration } from '../../../generate/judge/judge-calibration.js';
import { judgeAll } from '../../../generate/judge/judge-passages.js';
import { judgementRecord } from '../../../generate/judge/judgement-record.js';
import { checkOutput } from '../check-output.js';
import { type CliContext, printResult } from '../cli-context.js';
import { reportDesign } from '../judge/design-report.js';
import { addJudgeFlags, type JudgeFlags } from '../judge/judge-flags.js';
import { openPanel } from '../judge/open-panel.js';
import { checkSource, readPairs } from '../judge/read-pairs.js';
import { judgeSummary } from '../judge/summary.js';
import { openDataset } from '../open-dataset.js';
import { readGivenQrels } from '../read-given.js';
import { openReading } from '../reading.js';

export function addJudgeCommand(program: Command, context: CliContext): void {
  const command = program
    .command('judge')
    .description('Grade passages by a model or a panel, and say how far people agree and what follows');
  addJudgeFlags(command).action(async (given: JudgeFlags) => {
    // A stopped run resumes by default: what was answered lies beside the judgements that are being made.
    const options = { ledger: `${given.out}.ledger`, ...given };
    const result = await judge(options, context);
    printResult(context, options, result, () => judgeSummary(result));
  });
}

async function judge(options: JudgeFlags, context: CliContext) {
  const { out, seed, relevantFrom, concurrency, batch, sample, calibrate } = options;
  const { signal, onProgress } = context;
  checkSource(options);
  const judgements = `${out}.jsonl`;
  await checkOutput(out);
  await checkOutput(judgements);
  await checkCalibrate(options);
  using reading = openReading(options, context);
  const human = options.against === undefined ? undefined : await readGivenQrels(options.against, reading);
  const { pairs, unknown: outside } = await readPairs(
    options,
    await openDataset(options, context, reading),
    reading,
  );
  if (outside > 0) context.stderr(`warning: pairs that are not in the dataset, left out: ${outside}\n`);
  const started = performance.now();
  await using panel = await openPanel(options, context);
  const qrels = new Map<string, Map<string, number>>();
  const calibrating: CalibrationPair[] = [];
  const grades = [0, 0, 0, 0];
  const unknown: Record<string, number> = {};
  const lines: string[] = [];
  const verdicts = judgeAll(pairs, {
    judge: panel.judge,
    batch,
    concurrency,
    total: pairs.length,
    signal,
    onProgress,
  });
  for await (const one of verdicts) {
    const { query, passage, verdict } = one;
    lines.push(`${JSON.stringify(judgementRecord(one))}\n`);
    const { grade, score, reason = 'unknown' } = verdict;
    if (grade === undefined || score === undefined) {
      unknown[reason] = (unknown[reason] ?? 0) + 1;
      continue;
    }
    grades[grade]! += 1;
    const own = qrels.get(query.id) ?? new Map<string, number>();
    qrels.set(query.id, own.set(passage.id, grade));
    const theirs = human?.get(query.id)?.get(passage.id);
    if (theirs !== undefined) calibrating.push({ queryId: query.id, score, grade: Math.max(0, theirs) });
  }
  await atomicWrite(judgements, lines);
  await writeQrels(out, qrels);
  if (qrels.size === 0) throw noGrade(pairs.length, unknown, judgements);
  const shared = human && sharedPairs(qrels, human);
  const { before, after } =
    new Set(calibrating.map(({ queryId }) => queryId)).size >= 2 ? calibrateJudge(calibrating, { seed }) : {};
  if (calibrate !== undefined)
    await writeJudgeCalibration(calibrate, fitJudgeCalibration(panel.identity, calibrating, { seed }));
  const run = options.run === undefined ? undefined : await readRun(options.run, reading);
  return {
    out,
    judgements,
    members: panel.members,
    pairs: pairs.length,
    judged: grades.reduce((sum, count) => sum + count, 0),
    unknown,
    grades,
    agreement: shared && compareJudgements(shared, { seed, relevantFrom }),
    calibration: before && after && { before, after, file: calibrate },
    design: sample === undefined ? undefined : await reportDesign(options, { judge: qrels, human, run }),
    usage: panel.usage,
    seconds: (performance.now() - started) / 1000,
  };
}

/** @throws RankforgeError `usage` where nothing could be fitted, before a call is paid for */
async function checkCalibrate({ calibrate, calibration, against }: JudgeFlags): Promise<void> {
  if (calibrate === undefined) return;
  const wrong = (what: string, hint: string) =>
    new RankforgeError('usage', what, { where: '--calibrate', hint });
  if (against === undefined)
    throw wrong('There are no grades of people to calibrate by', 'Give their judgements with --against.');
  if (calibration !== undefined)
    throw wrong('A calibrated judge is not calibrated again', 'Leave --calibration out, or --calibrate.');
  await checkOutput(calibrate);
}

const noGrade = (pairs: number, unknown: Readonly<Record<string, number>>, where: string): RankforgeError =>
  new RankforgeError(
    'bad-reply',
    `None of ${pairs} pairs got a grade: ${Object.entries(unknown)
      .map(([reason, count]) => `${reason} ${count}`)
      .join(', ')}`,
    { where, hint: 'Look at the reasons there; use a model that follows instructions, or the mode yes-no.' },
  );
