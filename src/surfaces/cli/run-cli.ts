import { Command, CommanderError } from 'commander';
import colours from 'picocolors';
import { exitCode, isAbort, RankforgeError } from '../../core/errors.js';
import { unknownName } from '../../core/names.js';
import { packageVersion } from '../../core/version.js';
import type { CliContext } from './cli-context.js';
import { addCalibrateCommand } from './commands/calibrate.js';
import { addCleanCommand } from './commands/clean.js';
import { addDistillCommand } from './commands/distill.js';
import { addDoctorCommand } from './commands/doctor.js';
import { addEvaluateCommand } from './commands/evaluate.js';
import { addExportCommand } from './commands/export.js';
import { addForgeCommand } from './commands/forge.js';
import { addFuseCommand } from './commands/fuse.js';
import { addGenerateCommand } from './commands/generate.js';
import { addImportCommand } from './commands/import.js';
import { addJudgeCommand } from './commands/judge.js';
import { addMcpCommand } from './commands/mcp.js';
import { addMineCommand } from './commands/mine.js';
import { addModelsCommand } from './commands/models.js';
import { addPlanCommand } from './commands/plan.js';
import { addRerankCommand } from './commands/rerank.js';
import { addRetrieveCommand } from './commands/retrieve.js';
import { addServeCommand } from './commands/serve.js';
import { addTuneCommand } from './commands/tune.js';
import { spellFlag } from './spell-flag.js';

// Colour for people alone: picocolors would also colour the logs of build machines.
const paint = colours.createColors(colours.isColorSupported && process.stderr.isTTY === true);

const commands = [
  addForgeCommand,
  addGenerateCommand,
  addMineCommand,
  addExportCommand,
  addImportCommand,
  addCleanCommand,
  addRetrieveCommand,
  addRerankCommand,
  addDistillCommand,
  addEvaluateCommand,
  addJudgeCommand,
  addFuseCommand,
  addCalibrateCommand,
  addPlanCommand,
  addTuneCommand,
  addServeCommand,
  addMcpCommand,
  addModelsCommand,
  addDoctorCommand,
];

/**
 * Runs one command line.
 * @param argv arguments after the program's name
 * @returns the exit code: 0 done, 1 failed, 2 usage, 3 stopped and resumable, 4 gate not passed
 */
export async function runCli(argv: readonly string[], { stdout, ...rest }: CliContext): Promise<number> {
  let printed = false;
  const context: CliContext = {
    ...rest,
    stdout: (text) => {
      printed = true;
      stdout(text);
    },
  };
  // One JSON object, whatever happens: a result that is followed by a failure, as a gate that is not passed, was it.
  const failed = (error: unknown): number => report(error, argv.includes('--json') && !printed, context);
  let told = '';
  const tell = (text: string) => {
    told += text;
  };
  const program = new Command('rankforge')
    .description('Turn documents without labels into a search ranker.')
    .version(packageVersion)
    .configureOutput({ writeOut: context.stdout, writeErr: tell })
    .showHelpAfterError('(--help lists the options)')
    .exitOverride();
  for (const add of commands) add(program, context);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    if (!(error instanceof CommanderError)) return failed(error);
    if (error.exitCode === 0) return 0;
    const misspelt = error.code === 'commander.missingMandatoryOptionValue' && misspeltFlag(program, argv);
    if (misspelt) return failed(misspelt);
    context.stderr(told);
    if (argv.includes('--json')) context.stdout(jsonError(usageError(error)));
    return 2;
  }
}

/** A flag that a command does not have: where a required one is missing, it is likely that one. */
function misspeltFlag(program: Command, [name, ...rest]: readonly string[]): RankforgeError | undefined {
  const command = program.commands.find((one) => one.name() === name);
  const flag = command?.parseOptions([...rest]).unknown.find((word) => word.startsWith('--'));
  if (!command || !flag) return undefined;
  const known = command.options.flatMap(({ long }) => long ?? []);
  return unknownName(flag, known, 'option', 'usage');
}

function report(error: unknown, json: boolean, { stdout, stderr }: CliContext): number {
  const code = exitCode(error);
  const problem = explain(error);
  const { message, where, hint } = problem;
  if (json) stdout(jsonError(problem));
  const kind = code === 3 ? paint.yellow('stopped') : paint.red('error');
  stderr(`${kind}: ${message}${where && !message.includes(where) ? ` (${where})` : ''}\n  ${hint}\n`);
  if (process.env.RANKFORGE_DEBUG && error instanceof Error) stderr(`${error.stack}\n`);
  return code;
}

interface Problem {
  readonly code: string;
  readonly message: string;
  readonly where?: string | undefined;
  readonly hint: string;
}

const jsonError = ({ code, message, where, hint }: Problem): string =>
  `${JSON.stringify({ error: { code, message, where, hint } })}\n`;

const usageError = ({ message }: CommanderError): Problem => ({
  code: 'usage',
  message: message.replace(/^error: /, ''),
  hint: '--help lists the options.',
});

function explain(error: unknown): Problem {
  if (error instanceof RankforgeError) {
    const { code, message, where } = error;
    return { code, message, where, hint: error.hintIn(spellFlag) };
  }
  if (isAbort(error)) {
    return new RankforgeError('aborted', 'Stopped', {
      hint: 'Run the same command again: it resumes from what is finished.',
    });
  }
  return {
    code: 'unexpected',
    message: error instanceof Error ? error.message : String(error),
    hint: 'This is a bug: please report it, with RANKFORGE_DEBUG=1 for the stack trace.',
  };
}
