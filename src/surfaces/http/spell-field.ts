import type { SettingName, SpellSetting } from '../../core/hint.js';

/** What an API calls what its clients may set. */
export type FieldNames = Partial<Readonly<Record<SettingName, string>>>;

/**
 * Settings as fields of a request. What no field sets is the server's, so that a client knows whom to ask.
 */
export const spellField =
  (fields: FieldNames): SpellSetting =>
  (setting, value) => {
    const field = fields[setting];
    if (field !== undefined) return value === undefined ? field : `${field}: "${value}"`;
    return `the server's ${words(setting)}${value === undefined ? '' : ` ${value}`}`;
  };

/** `contextSize` as `context size`. */
const words = (setting: SettingName): string =>
  setting.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
