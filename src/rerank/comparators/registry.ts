import { RankforgeError } from '../../core/errors.js';
import { lookUp } from '../../core/names.js';
import type { Comparator } from '../comparator.js';
import { endpointEntry } from './endpoint/endpoint.js';
import type { ComparatorEntry, ComparatorNeeds } from './entry.js';
import { firstEntry } from './first.js';
import { bm25Entry, fusedEntry } from './fused.js';
import { generateEntry } from './generate.js';
import { groupwiseEntry } from './groupwise.js';
import { noisyEntry, oracleEntry } from './judged.js';
import { likelihoodEntry } from './likelihood.js';
import { pairwiseEntry } from './pairwise.js';
import { pointwiseEntry } from './pointwise.js';
import { reasonEntry } from './reason.js';
import { replayEntry } from './replay.js';
import { setwiseEntry } from './setwise.js';

/** Students belong to a later layer, which opens them: the command line and `openNamedComparator` join the two. */
const studentEntry: ComparatorEntry = {
  form: 'student:FOLDER',
  summary: 'a small distilled scorer',
  needs: { input: 'the folder that distilling wrote' },
  gives: 'scores',
  create: (folder = 'FOLDER') => {
    throw new RankforgeError('unsupported', 'A student is opened with its encoder, not by the comparators', {
      where: folder,
      hint: `Use openStudentComparator('${folder}') of rankforge/pipeline, or the command line.`,
    });
  },
};

export const comparators = {
  first: firstEntry,
  generate: generateEntry,
  reason: reasonEntry,
  setwise: setwiseEntry,
  pairwise: pairwiseEntry,
  pointwise: pointwiseEntry,
  groupwise: groupwiseEntry,
  likelihood: likelihoodEntry,
  bm25: bm25Entry,
  fused: fusedEntry,
  student: studentEntry,
  endpoint: endpointEntry,
  oracle: oracleEntry,
  noisy: noisyEntry,
  replay: replayEntry,
} satisfies Record<string, ComparatorEntry>;

export type ComparatorName = keyof typeof comparators;

const entryOf = (name: string): ComparatorEntry | undefined =>
  Object.hasOwn(comparators, name) ? comparators[name as ComparatorName] : undefined;

/** Whether the comparator of this name asks a language model. */
export const needsModel = (spec: string): boolean => entryOf(nameOf(spec))?.needs.model !== undefined;

/** The names of those that ask a language model. */
export const modelComparators = (): string[] => Object.keys(comparators).filter(needsModel);

/**
 * A comparator by its written form: a name, and for some what follows a colon (`pointwise:graded`, `noisy:0.5`,
 * `endpoint:jina/MODEL`); see the entries of `comparators`.
 * @throws RankforgeError `unknown-name` with the nearest right one; `usage` where what it needs is not given; `unsupported`
 * where the model cannot serve it
 */
export async function openComparator(spec: string, needs: ComparatorNeeds = {}): Promise<Comparator> {
  const name = nameOf(spec);
  const entry: ComparatorEntry = lookUp(comparators, name, 'comparator');
  return entry.create(spec.length > name.length ? spec.slice(name.length + 1) : undefined, needs);
}

/** What stands before the first colon. */
export const nameOf = (spec: string): string => spec.split(':', 1)[0]!;
