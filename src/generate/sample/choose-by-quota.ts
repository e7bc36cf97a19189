import { RankforgeError } from '../../core/errors.js';
import { apportion } from '../apportion.js';

/** What is taken where a group has too few. */
export const refillRules = ['shares', 'any', 'none'] as const;
export type RefillRule = (typeof refillRules)[number];

export interface ChooseByQuotaOptions {
  readonly count: number;
  /** One number in [0, 1) a row, from its own random stream: the least are taken first. */
  readonly uniforms: ArrayLike<number>;
  /** Share of each group; they need not sum to 1. `proportional`: by what there is of each; `equal`: the same for all. */
  readonly shares: Readonly<Record<string, number>> | 'proportional' | 'equal';
  /**
   * Where a group has too few: `shares` takes the rest from the other named groups by their shares; `any` does, and then
   * from what no share names; `none` leaves it out. @default shares
   */
  readonly refill?: RefillRule;
}

export interface QuotaGroup {
  readonly group: string;
  readonly available: number;
  /** Its quota, exact by largest remainder. */
  readonly wanted: number;
  readonly drawn: number;
}

export interface ChosenByQuota {
  /** In the order of their random numbers. */
  readonly rows: readonly number[];
  /** In the order of the shares, or by name where they are worked out; then those taken by `any`. */
  readonly groups: readonly QuotaGroup[];
}

const mostGroups = 10_000;

/**
 * Draws rows so that groups have their shares, exactly by largest remainder.
 * @param groups by row: its group; undefined where it has none, and it is taken by `any` alone
 * @throws RankforgeError `usage` where no share is above 0 or one is negative, or there are over 10,000 groups
 */
export function chooseByQuota(
  groups: readonly (string | undefined)[],
  options: ChooseByQuotaOptions,
): ChosenByQuota {
  const { count, uniforms, refill = 'shares' } = options;
  const members = new Map<string, number[]>();
  for (const [row, group] of groups.entries()) {
    if (group === undefined) continue;
    const list = members.get(group);
    if (list) list.push(row);
    else members.set(group, [row]);
  }
  const shares = sharesOf(options.shares, members);
  const names = [...shares.keys()];
  const weights = [...shares.values()];
  const available = names.map((name) => members.get(name)?.length ?? 0);
  const wanted = apportion(weights, count);
  const drawn = wanted.map((quota, i) => Math.min(quota, available[i]!));
  const short = () => count - drawn.reduce((sum, one) => sum + one, 0);
  if (refill !== 'none' && short() > 0) {
    const spare = available.map((size, i) => size - drawn[i]!);
    for (const [i, more] of apportion(weights, short(), { capacities: spare }).entries()) drawn[i]! += more;
  }
  const byUniform = (a: number, b: number) => uniforms[a]! - uniforms[b]! || a - b;
  const rows = names.flatMap((name, i) => (members.get(name) ?? []).sort(byUniform).slice(0, drawn[i]));
  const report = names.map((group, i) => ({
    group,
    available: available[i]!,
    wanted: wanted[i]!,
    drawn: drawn[i]!,
  }));
  if (refill === 'any' && short() > 0) {
    const others = groups.flatMap((group, row) => (group === undefined || !shares.has(group) ? [row] : []));
    const taken = others.sort(byUniform).slice(0, short());
    rows.push(...taken);
    report.push({ group: '(any other)', available: others.length, wanted: 0, drawn: taken.length });
  }
  return { rows: rows.sort(byUniform), groups: report };
}

function sharesOf(
  shares: ChooseByQuotaOptions['shares'],
  members: ReadonlyMap<string, readonly number[]>,
): ReadonlyMap<string, number> {
  if (members.size > mostGroups) {
    throw new RankforgeError('usage', `There are ${members.size} groups, more than ${mostGroups}`, {
      where: 'field',
      hint: 'Choose a field with fewer values: one of ids is no group.',
    });
  }
  if (typeof shares === 'string') {
    return new Map(
      [...members]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, rows]) => [name, shares === 'equal' ? 1 : rows.length]),
    );
  }
  const entries = Object.entries(shares);
  const wrong = entries.find(([, share]) => !(share >= 0 && Number.isFinite(share)));
  if (wrong || !entries.some(([, share]) => share > 0)) {
    throw new RankforgeError(
      'usage',
      wrong ? `The share of "${wrong[0]}" is ${wrong[1]}` : 'No group has a share above 0',
      {
        where: 'shares',
        hint: 'Give shares of 0 or more, at least one of them above 0.',
      },
    );
  }
  return new Map(entries);
}
