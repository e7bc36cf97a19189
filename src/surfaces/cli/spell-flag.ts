import type { SettingName, SpellSetting } from '../../core/hint.js';

/** Settings as the command line takes them. */
export const flagNames: Readonly<Record<SettingName, string>> = {
  allowOpen: '--allow-open',
  apiKeys: '--api-key-file or RANKFORGE_API_KEY',
  compare: '--compare',
  contextSize: '--context',
  documents: 'passages',
  encoder: '--encoder',
  falseNegatives: '--false-negatives',
  host: '--host',
  importance: '--importance',
  method: '--method',
  model: '--model',
  onFailure: '--on-failure',
  out: '--out',
  port: '--port',
  qrels: '--qrels',
  run: '--run',
  skipBad: '--skip-bad',
  split: '--split',
};

/** Settings as flags: `--model`, `--compare student:DIR`. */
export const spellFlag: SpellSetting = (setting, value) =>
  value === undefined ? flagNames[setting] : `${flagNames[setting]} ${value}`;
