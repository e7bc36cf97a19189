import { join } from 'node:path';
import type { Command } from 'commander';
import { type ForgeResult, forge, requireGate } from '../../../pipeline/forge.js';
import { loadRecipe } from '../../../pipeline/recipe/load-recipe.js';
import { type CliContext, printResult } from '../cli-context.js';
import { flags } from '../flags.js';
import { addJobFlags, type JobFlags, jobOptions, seeded } from '../job-flags.js';
import { textTable } from '../text-table.js';

export function addForgeCommand(program: Command, context: CliContext): void {
  const command = program
    .command('forge')
    .argument('<recipe>', 'YAML file: see docs/formats/recipe.md')
    .description(
      'The whole way: training set, teachers, student, gate, report. Run again, it does only what changed',
    )
    .addOption(flags.out('folder for artefacts, ledger and report'));
  addJobFlags(command).action(async (path: string, options: JobFlags) => {
    const result = await forge(seeded(loadRecipe(path), options), jobOptions(options, context));
    const files = { report: join(options.out, 'report.html'), student: result.student };
    printResult(
      context,
      options,
      {
        ...files,
        usage: result.usage,
        seconds: result.seconds,
        gate: result.report.gate,
        rankings: result.report.rankings,
        teachers: result.report.teachers,
      },
      () => summary(result, files),
    );
    requireGate(result);
  });
}

function summary(
  { report, seconds }: ForgeResult,
  files: { readonly report: string; readonly student: string },
): string {
  const { dataset, teachers, rankings, gate } = report;
  const figure = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(3));
  const measures = Object.keys(rankings[0]?.measures ?? {});
  const sections = [
    `${dataset.trainingQueries} training queries with ${dataset.trainingPassages} graded passages, from ${dataset.passages} passages\n`,
    teachers
      ? textTable(
          ['teacher', 'known items', 'judged', 'weight', 'note'],
          teachers.rows.map(({ name, knownItem, judged, weight, note }) => [
            name,
            figure(knownItem),
            figure(judged),
            weight === undefined ? '–' : weight.toFixed(2),
            note ?? '',
          ]),
        )
      : '',
    textTable(
      ['ranking', ...measures],
      rankings.map(({ name, kind, measures: values }) => [
        kind === 'student' ? `student ${name}` : name,
        ...measures.map(
          (measure) =>
            `${figure(values[measure]!.mean)} [${figure(values[measure]!.low)}, ${figure(values[measure]!.high)}]`,
        ),
      ]),
    ),
    gate
      ? `Gate ${gate.passed ? 'passed' : 'NOT passed'}: student ${gate.student} is ${gate.reason} (${gate.queries} judged queries)\n`
      : '',
    `Report: ${files.report}\nStudent: ${files.student}\nTime: ${seconds.toFixed(0)} s\n`,
  ];
  return sections.filter(Boolean).join('\n');
}
