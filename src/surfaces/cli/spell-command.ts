import { basename, isAbsolute } from 'node:path';
import type { Command } from 'commander';

/** An absolute path by its last part, since a card goes to other machines; anything else as it is. */
export const withoutFolders = (value: string): string => (isAbsolute(value) ? basename(value) : value);

export interface SpellCommandOptions {
  /** Attributes that are told though nobody gave them, since another version may have another default. */
  readonly defaults: readonly string[];
  /** Attributes that are never told. */
  readonly without: readonly string[];
}

/** A command line again as it was given, in the order of the help, for a card: what it may be run by. */
export function spellCommand(command: Command, { defaults, without }: SpellCommandOptions): string {
  const flags = command.options.flatMap((option) => {
    const name = option.attributeName();
    const value: unknown = command.getOptionValue(name);
    const told = command.getOptionValueSource(name) === 'cli' || defaults.includes(name);
    if (!told || without.includes(name) || value === undefined) return [];
    return [option.long ?? '', ...wordsOf(value, option.variadic)];
  });
  return ['rankforge', command.name(), ...flags].map(quoteWord).join(' ');
}

function wordsOf(value: unknown, variadic: boolean): string[] {
  if (value === true) return [];
  const words = (Array.isArray(value) ? value : [value]).map((one) => withoutFolders(String(one)));
  return variadic ? words : [words.join(',')];
}

/** For a POSIX shell. */
const quoteWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
