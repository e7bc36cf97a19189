import type { Command } from 'commander';
import { type CliContext, printResult } from '../cli-context.js';
import { checkMachine } from '../machine-checks.js';

export function addDoctorCommand(program: Command, context: CliContext): void {
  program
    .command('doctor')
    .description('Say what this machine has, what is missing and what to do about it')
    .option('--json', 'one JSON object on stdout')
    .action(async (options: { json?: boolean }) => {
      const checks = await checkMachine();
      printResult(context, options, { checks }, () =>
        checks
          .map(
            ({ ok, name, found, todo }) =>
              `${ok ? 'ok  ' : 'miss'}  ${name}: ${found}${todo ? `\n      ${todo}` : ''}\n`,
          )
          .join(''),
      );
    });
}
