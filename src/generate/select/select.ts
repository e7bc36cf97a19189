import { RankforgeError } from '../../core/errors.js';
import type { Example } from '../../core/example.js';
import { lookUp } from '../../core/names.js';
import { randomStream, shuffle } from '../../core/random.js';
import type { Funnel } from '../funnel.js';
import { chooseByQuota } from '../sample/choose-by-quota.js';
import { parseSettings } from '../sample/parse-settings.js';
import { pickByDifficulty } from './by-difficulty.js';
import { pickDiverse } from './diversify-and-conquer.js';
import { clusterNames, gradeOf, typeOf } from './example-groups.js';
import { pickKCentre } from './k-centre.js';
import { forgetLostTwins, type KeptTwins, keepTwins } from './keep-twins.js';
import type { Selected, SelectionInput, SelectionOptions } from './selection.js';
import { type SelectionRequest, SelectionSettings } from './selection-settings.js';

type SettingsOf<M> = Extract<SelectionSettings, { method: M }>;
type Method<M> = (
  input: SelectionInput,
  settings: SettingsOf<M>,
  options: SelectionOptions,
) => Selected | Promise<Selected>;

/** The ways to select examples. Adding one is its settings and a line here. */
export const selectionMethods = {
  random: ({ examples }, _settings, { count, seed }) => ({
    indexes: shuffle([...examples.keys()], randomStream(seed, 'select')).slice(0, count),
  }),
  'k-centre': async (input, _settings, options) => ({
    indexes: await pickKCentre(vectorsOf(input, 'k-centre'), options),
  }),
  'diversify-and-conquer': async (input, { clusters, weigh }, options) => ({
    indexes: await pickDiverse(vectorsOf(input, 'diversify-and-conquer'), {
      ...options,
      clusters,
      quality: weigh === 'difficulty' ? difficultiesOf(input, 'diversify-and-conquer') : undefined,
    }),
  }),
  difficulty: (input, { prefer, dropHardest }, options) => ({
    indexes: pickByDifficulty(difficultiesOf(input, 'difficulty'), { ...options, prefer, dropHardest }),
  }),
  quota: selectByQuota,
} satisfies { [M in SelectionSettings['method']]: Method<M> };

export type SelectionMethod = keyof typeof selectionMethods;

export interface SelectOptions extends SelectionOptions {
  readonly funnel?: Funnel;
}

export interface Selection extends Selected {
  /** The selected examples, in the order in which they were given. One whose twin is not among them names none. */
  readonly examples: readonly Example[];
}

/**
 * Selects `count` of the examples by a method: its name, or its settings. Deterministic by the seed. All of them where
 * there are no more than `count`, but for a quota, which leaves out what no share names. A query and its reversed
 * twin stay together (see `keepTwins`). What is left out is counted as `not-selected` under `select`.
 * @throws RankforgeError `usage` where a method lacks vectors or difficulties, they are not one an example, or settings
 *   are wrong; `unknown-name` for a method; the signal's reason
 */
export async function select(
  input: SelectionInput,
  method: SelectionMethod | SelectionRequest,
  { funnel, ...options }: SelectOptions,
): Promise<Selection> {
  const { examples } = input;
  const settings = settingsOf(method);
  checkInput(input, options.count);
  const choose = selectionMethods[settings.method] as Method<SelectionSettings['method']>;
  // A quota may leave out what no share names, however few there are.
  const few = examples.length <= options.count && settings.method !== 'quota';
  const { indexes: picked, notes = [] } = few
    ? { indexes: [...examples.keys()] }
    : await choose(input, settings, options);
  const { indexes, ...twins } = keepTwins(picked, examples);
  const selected = [...indexes].sort((a, b) => a - b);
  for (const _ of selected) funnel?.accept('select');
  for (let left = examples.length - selected.length; left > 0; left--)
    funnel?.reject('select', 'not-selected');
  return {
    indexes: selected,
    examples: forgetLostTwins(selected.map((index) => examples[index]!)),
    notes: [...notes, ...notesOf(twins)],
  };
}

export const partedNote = 'A query was parted from its reversed twin: an odd number of pairs was wanted.';

function notesOf({ moved, parted }: Omit<KeptTwins, 'indexes'>): string[] {
  const examples = moved === 1 ? '1 example was exchanged' : `${moved} examples were exchanged`;
  return [
    ...(moved > 0 ? [`${examples} for another, so that no query is parted from its reversed twin.`] : []),
    ...(parted ? [partedNote] : []),
  ];
}

function settingsOf(method: SelectionMethod | SelectionRequest): SelectionSettings {
  const given = typeof method === 'string' ? { method } : method;
  lookUp<unknown>(selectionMethods, given.method, 'selection method');
  return parseSettings(SelectionSettings, given, 'Selection');
}

async function selectByQuota(
  input: SelectionInput,
  { by, shares, refill, clusters }: SettingsOf<'quota'>,
  options: SelectionOptions,
): Promise<Selected> {
  const { examples } = input;
  const groups =
    by === 'cluster'
      ? await clusterNames(vectorsOf(input, 'quota by cluster'), { k: clusters, ...options })
      : examples.map(by === 'type' ? typeOf : gradeOf);
  const random = randomStream(options.seed, 'select', 'quota');
  const uniforms = examples.map(() => random.next());
  const { rows, groups: report } = chooseByQuota(groups, { count: options.count, uniforms, shares, refill });
  const notes = report
    .filter(({ drawn, wanted }) => drawn < wanted)
    .map(
      ({ group, available, wanted }) =>
        `${by} ${group} has ${available} of the ${wanted} examples of its quota.`,
    );
  if (rows.length < options.count) notes.push(`${rows.length} of ${options.count} examples were selected.`);
  return { indexes: rows, notes };
}

function vectorsOf({ vectors }: SelectionInput, method: string) {
  if (vectors) return vectors;
  throw new RankforgeError('usage', `Selection by ${method} needs vectors`, {
    where: 'vectors',
    hint: 'Embed the examples with embedExamples.',
  });
}

function difficultiesOf({ difficulties }: SelectionInput, method: string) {
  if (difficulties) return difficulties;
  throw new RankforgeError('usage', `Selection by ${method} needs difficulties`, {
    where: 'difficulties',
    hint: 'Work them out with exampleDifficulties.',
  });
}

function checkInput({ examples, vectors, difficulties }: SelectionInput, count: number): void {
  const hint = 'Correct the option.';
  if (!Number.isInteger(count) || count < 0) {
    throw new RankforgeError('usage', `count must be a whole number, 0 or more, not ${count}`, {
      where: 'count',
      hint,
    });
  }
  for (const [where, size] of [
    ['vectors', vectors?.size],
    ['difficulties', difficulties?.length],
  ] as const) {
    if (size === undefined || size === examples.length) continue;
    throw new RankforgeError('usage', `There are ${size} ${where} for ${examples.length} examples`, {
      where,
      hint,
    });
  }
  const wrong = difficulties?.findIndex((value) => !Number.isFinite(value)) ?? -1;
  if (wrong < 0) return;
  const where = examples[wrong]!.query.id;
  throw new RankforgeError('usage', `The difficulty of example ${wrong} is ${difficulties![wrong]}`, {
    where,
    hint,
  });
}
