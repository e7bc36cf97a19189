import { lookUp } from '../../core/names.js';
import { type Random, randomStream } from '../../core/random.js';
import { asLine } from '../../prompts/untrusted-text.js';
import type { QueryLogProfile } from '../sample/profile-query-log.js';
import { type QueryTypeName, queryType } from './query-types.js';

/** How a query is worded, by name. */
export const queryStyles = {
  plain: '',
  terse: 'In as few words as one can.',
  chatty: 'In the words of spoken language.',
  expert: 'In the terms of an expert of the field.',
  beginner: 'In the words of somebody new to the subject, who does not know its terms.',
  hurried: 'Typed in a hurry, all in lower case and with a spelling mistake.',
} satisfies Record<string, string>;

export type QueryStyleName = keyof typeof queryStyles;

/** How hard a query is to be for a first stage; what it came to is measured. */
export const difficulties = {
  easy: "With two or three of the passage's own main words.",
  medium: "With no more than one of the passage's own main words.",
  hard: "With none of the passage's own main words: say everything in other ones.",
} satisfies Record<string, string>;

export type Difficulty = keyof typeof difficulties;

/** Who asks, and how. Of each list one is drawn for each query; a list that is absent asks for nothing. */
export interface QueryVoices {
  /** People, for instance "a nurse on night shift". */
  readonly personas?: readonly string[];
  /** Names of languages in English, for instance "German"; `same` is the passage's own. */
  readonly languages?: readonly string[];
  readonly styles?: readonly QueryStyleName[];
  readonly difficulties?: readonly Difficulty[];
  /** Of a query log: one is drawn as often as it is searched with, inside the bounds of the type. */
  readonly lengths?: QueryLogProfile['lengths'];
}

/** What was drawn for one query: goes into its metadata. */
export interface QueryVoice {
  readonly persona?: string;
  readonly language?: string;
  readonly style?: QueryStyleName;
  readonly difficulty?: Difficulty;
  /** Its length, where that follows a query log. */
  readonly words?: number;
}

export interface VoiceKey {
  readonly seed: number;
  /** The passage or the topic that it is written from. */
  readonly id: string;
  readonly type: QueryTypeName;
  readonly variant: number;
}

/** Draws a voice: each part from a stream of its own, so that one list more changes no other choice. */
export function drawVoice(voices: QueryVoices, { seed, id, type, variant }: VoiceKey): QueryVoice {
  const stream = (part: string): Random => randomStream(seed, 'voice', part, id, type, variant);
  const draw = <T>(part: string, list: readonly T[] | undefined): T | undefined =>
    list && list.length > 0 ? list[stream(part).int(list.length)] : undefined;
  const language = draw('language', voices.languages);
  const drawn: QueryVoice = {
    persona: draw('persona', voices.personas),
    language: language === 'same' ? undefined : language,
    style: draw('style', voices.styles),
    difficulty: draw('difficulty', voices.difficulties),
    words: voices.lengths && drawLength(voices.lengths, type, stream('length')),
  };
  return Object.fromEntries(Object.entries(drawn).filter(([, value]) => value !== undefined));
}

/** Different queries of a type from which its own lengths are followed, and not those of the whole log. */
const enoughOfType = 10;

function drawLength(
  lengths: QueryLogProfile['lengths'],
  type: QueryTypeName,
  random: Random,
): number | undefined {
  const own = lengths[type];
  const counts =
    own && own.different >= enoughOfType ? own.counts : Object.values(lengths).flatMap((one) => one.counts);
  let left = random.next() * counts.reduce((sum, { searches }) => sum + searches, 0);
  const reached = counts.find(({ searches }) => {
    left -= searches;
    return left < 0;
  });
  const drawn = reached ?? counts.at(-1);
  // What is asked for beyond its type's bounds is rejected when it comes.
  const [least, most] = queryType(type).length;
  return drawn && Math.min(Math.max(drawn.words, least), most);
}

/** A voice as sentences for the end of a prompt; empty where nothing was drawn. @throws RankforgeError `unknown-name` */
export function askVoice({ persona, language, style, difficulty, words }: QueryVoice): string {
  return [
    difficulty ? lookUp(difficulties, difficulty, 'difficulty') : '',
    style ? lookUp(queryStyles, style, 'query style') : '',
    persona ? `As it would be asked by ${asLine(persona).slice(0, 200)}.` : '',
    language ? `Write it in ${asLine(language).slice(0, 40)}.` : '',
    words === undefined ? '' : `Use about ${words} words.`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** What a query of a type is asked to be; a length that was drawn goes before the type's usual one. */
export function askType(type: QueryTypeName, { words }: QueryVoice): string {
  const { ask } = queryType(type);
  return words === undefined ? ask : ask.replace(/^\d+ to \d+ /, '');
}

/** The ISO 639-1 code of a language by its English name or by its code; undefined where it is neither. */
export function languageCode(name: string): string | undefined {
  return codesByName().get(name.trim().toLowerCase());
}

/** What a query of a voice is checked to be in: `any` where a language was asked for that has no code, undefined where none was. */
export const wantedLanguage = ({ language }: QueryVoice): string | undefined =>
  language === undefined ? undefined : (languageCode(language) ?? 'any');

let codes: Map<string, string> | undefined;
function codesByName(): Map<string, string> {
  if (codes) return codes;
  codes = new Map();
  const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  for (const first of letters) {
    for (const second of letters) {
      const code = first + second;
      const found = names.of(code);
      if (!found) continue;
      codes.set(code, code);
      // The code in use, where a name has had others ("in" was Indonesian before "id").
      codes.set(found.toLowerCase(), new Intl.Locale(code).language);
    }
  }
  return codes;
}
