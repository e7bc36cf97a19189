/** What hints name: settings that users give, each surface in a spelling of its own. */
export type SettingName =
  | 'allowOpen'
  | 'apiKeys'
  | 'compare'
  | 'contextSize'
  | 'documents'
  | 'encoder'
  | 'falseNegatives'
  | 'host'
  | 'importance'
  | 'method'
  | 'model'
  | 'onFailure'
  | 'out'
  | 'port'
  | 'qrels'
  | 'run'
  | 'skipBad'
  | 'split';

/** How a surface names a setting, with a value where one is meant. */
export type SpellSetting = (setting: SettingName, value?: string) => string;

/** What to do, one sentence in the imperative. One that names settings takes their spelling. */
export type Hint = string | ((spell: SpellSetting) => string);

/** The library's own names, where they are not the setting's. */
const libraryNames: Partial<Record<SettingName, string>> = {
  run: 'candidates',
  skipBad: 'onBadLine',
};

/** Settings as the library's options: `the option "model"`, `compare: "student:DIR"`. */
export const spellOption: SpellSetting = (setting, value) => {
  if (setting === 'documents') return 'documents';
  const name = libraryNames[setting] ?? setting;
  return value === undefined ? `the option "${name}"` : `${name}: "${value}"`;
};
