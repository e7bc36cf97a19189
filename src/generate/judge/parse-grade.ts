import type { Grade } from '../../core/judgement.js';
import { normalise } from '../../core/normalise.js';
import type { GenerateReply } from '../../models/language-model.js';
import { splitThinking } from '../../rerank/split-thinking.js';
import { isRefusal } from '../parse-reply.js';

/** Why a reply is no grade. */
type GradeFault = 'empty' | 'refused' | 'cut-off' | 'out-of-range' | 'echo' | 'unparsed';

/** What a judge's written reply came to. */
export type ReadGrade =
  | { readonly grade: Grade; readonly reason?: undefined }
  | { readonly grade?: undefined; readonly reason: GradeFault };

// Judges are asked in English and may still answer in the passage's language: the frame's words in some of them.
const finalScore = [
  'final\\s+(?:relevance\\s+)?(?:score|grade|rating)',
  'score\\s+final',
  'note\\s+finale',
  'puntuaci[oó]n\\s+final',
  'calificaci[oó]n\\s+final',
  'pontua[cç][aã]o\\s+final',
  'punteggio\\s+finale',
  '(?:end|gesamt)(?:note|bewertung|punktzahl|ergebnis)',
  'eindscore',
  'итоговая\\s+оценка',
  'końcowa\\s+ocena',
  '最终(?:得分|评分|分数)',
  '最終(?:スコア|得点|評価)',
  '최종\\s*점수',
].join('|');
const mark = '[\\s*_`~]{0,6}';
const open = '[\\s*_`~"\'“「\\[(]{0,6}';
// A number as it stands there, with what would make another one of it: a sign, decimals, a range, a scale.
const number = '([-+−]?\\d{1,6}(?:[.,]\\d{1,6})?)(?![A-Za-z\\d]|[.,]\\d)';
const scale =
  '([*_`~]{0,4}(?:\\s*%|\\s*(?:/|out of|von|de|sur)\\s*\\d{1,4}|\\s*(?:-|–|—|~|to|or|bis|oder)\\s*\\d|\\+))?';

/** `##final score: 3`, in the forms that models give it; the markdown sign is what anchors it. */
const anchored = new RegExp(
  `#{1,6}${mark}(?:${finalScore})${mark}(?:[:=]|is\\b)${open}${number}${scale}`,
  'giu',
);
/** The same on a line of its own without the sign. */
const lineOfItsOwn = new RegExp(
  `^[>\\s*_\`~-]{0,8}(?:(?:the\\s+|my\\s+)?(?:${finalScore})|score|grade|relevance(?:\\s+score)?|rating|answer)${mark}(?:[:=]|is\\b)${open}${number}${scale}[\\s*_\`~"'”」\\]).!]*$`,
  'gimu',
);
const bare = new RegExp(`^${open}${number}${scale}[\\s*_\`~"'”」\\]).!]*$`, 'iu');
// `2 = some answer, but hidden`, as the scale itself says it; several such lines are the scale repeated.
const explained = /^[\s*_`~]{0,6}(\d{1,6})[*_`~]{0,3}\s*[=:–—-]\s+\p{L}[^\n]*$/gmu;
const jsonKeys = /^(?:final[ _-]?)?(?:score|grade|rating|relevance)(?:[ _-]?score)?$|^O$/i;
const thinkingTag = /<\/?(?:think|thinking|thought|reasoning)>/i;

/**
 * The grade of a judge's written reply, by an anchored pattern: `##final score: 3`, the last one where there are several,
 * then JSON with a score, then a line `Score: 3`, then a reply or first line that is the number alone. Thinking is left
 * aside. Any other number is never read as a grade, and neither is one outside 0 to 3, a range, a fraction of another
 * scale, or the last digit of a reply that was cut off. What is no grade has a reason, and is never 0.
 * @param passage the text judged: a reply that only repeats a part of it is an `echo`
 */
export function readGrade(
  { text, finish }: Pick<GenerateReply, 'text' | 'finish'>,
  { passage = '' }: { readonly passage?: string } = {},
): ReadGrade {
  if (finish === 'refused') return { reason: 'refused' };
  // Full-width digits, colons and signs to plain ones.
  const whole = normalise(text).trim();
  if (whole === '') return { reason: 'empty' };
  const answer = withoutThinking(whole);
  if (answer === '') return { reason: 'cut-off' };
  const repeats = echoOf(passage);
  const found = repeats(answer) ? undefined : findNumber(answer, (written) => !repeats(written));
  if (found === undefined) {
    if (findNumber(answer, () => true)) return { reason: 'echo' };
    if (finish === 'length') return { reason: 'cut-off' };
    return { reason: isRefusal(answer) ? 'refused' : 'unparsed' };
  }
  // `1` at the very end of a reply that was cut may be the beginning of `10`.
  if (finish === 'length' && answer.endsWith(found.written)) return { reason: 'cut-off' };
  const grade = toGrade(found);
  return grade === undefined ? { reason: 'out-of-range' } : { grade };
}

/** The grade of a reply that is whole; see `readGrade`. Undefined where it is none. */
export const parseGrade = (text: string): Grade | undefined => readGrade({ text, finish: 'stop' }).grade;

/** What a reply says after its thinking; empty where it ended inside of that. Headings such as `Answer:` are left, as a score may stand before them. */
export const withoutThinking = (text: string): string =>
  thinkingTag.test(text) ? splitThinking(text).answer.trim() : text.trim();

/** Where the last anchored score begins in a reply, and where its number does; undefined where there is none. */
export function findAnchoredScore(
  text: string,
): { readonly start: number; readonly number: number } | undefined {
  const match = [...text.matchAll(anchored)].at(-1);
  if (!match) return undefined;
  const tail = `${match[1]}${match[2] ?? ''}`;
  return { start: match.index, number: match.index + match[0].length - tail.length };
}

interface WrittenNumber {
  /** As it ends the match. */
  readonly written: string;
  readonly value: string;
  /** What follows it: ` / 10`, ` - 3`. */
  readonly scale: string;
}

/** @param counts whether what was written counts, or only repeats the passage */
function findNumber(answer: string, counts: (written: string) => boolean): WrittenNumber | undefined {
  const lines = answer.split('\n');
  const scaleLines = [...answer.matchAll(explained)];
  return (
    lastOf(answer.matchAll(anchored), counts) ??
    fromJson(answer, counts) ??
    lastOf(answer.matchAll(lineOfItsOwn), counts) ??
    fromMatch(bare.exec(answer)) ??
    (scaleLines.length === 1 && lines.length === 1 ? fromMatch(scaleLines[0]) : undefined) ??
    // A number, an empty line, and why.
    (lines.length > 2 && lines[1]!.trim() === '' && !lines.slice(2).some((line) => bare.test(line))
      ? fromMatch(bare.exec(lines[0]!))
      : undefined)
  );
}

const fromMatch = (match: RegExpMatchArray | undefined | null): WrittenNumber | undefined =>
  match ? { written: match[0], value: match[1]!, scale: match[2] ?? '' } : undefined;

const lastOf = (
  matches: Iterable<RegExpMatchArray>,
  counts: (written: string) => boolean,
): WrittenNumber | undefined => fromMatch([...matches].filter(([written]) => counts(written.trim())).at(-1));

/** A score in the JSON object of a reply. Aspects beside it (`M`, `T`) are not it. */
function fromJson(answer: string, counts: (written: string) => boolean): WrittenNumber | undefined {
  const objects = [...answer.matchAll(/\{[^{}]{1,4000}\}/g)];
  for (const { 0: json } of objects.reverse()) {
    if (!counts(json)) continue;
    let value: unknown;
    try {
      value = JSON.parse(json);
    } catch {
      continue;
    }
    const entry = Object.entries(value as object).findLast(([key]) => jsonKeys.test(key.trim()));
    if (!entry || !['number', 'string'].includes(typeof entry[1])) continue;
    const match = bare.exec(String(entry[1]));
    return { written: json, value: match?.[1] ?? 'none', scale: match?.[2] ?? '' };
  }
  return undefined;
}

function toGrade({ value, scale }: WrittenNumber): Grade | undefined {
  if (scale !== '' && !/^[*_`~\s]*(?:\/|out of|von|de|sur)\s*3$/i.test(scale)) return undefined;
  return /^[0-3](?:[.,]0+)?$/.test(value) ? (Number(value[0]) as Grade) : undefined;
}

/** Whether a piece of a reply only repeats the passage; a few characters are in every passage. */
function echoOf(passage: string): (written: string) => boolean {
  const known = normalise(passage);
  return (written) => written.length >= 8 && known.includes(written);
}

/** 1 for a reply that begins with yes, 0 for no, undefined for anything else; thinking is left aside. */
export function parseYesNo(text: string): 0 | 1 | undefined {
  const match = /^\W*(yes|no)\b/iu.exec(withoutThinking(text));
  if (!match) return undefined;
  return match[1]!.toLowerCase() === 'yes' ? 1 : 0;
}
