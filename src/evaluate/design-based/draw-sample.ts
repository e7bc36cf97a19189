import { RankforgeError } from '../../core/errors.js';
import { randomStream, shuffle } from '../../core/random.js';

export interface DrawnUnit {
  /** With which this unit was to be drawn, (0, 1]: the share of its stratum. */
  readonly probability: number;
  readonly stratum: string;
}

export interface DrawSampleOptions {
  /** Units wanted, all strata together. */
  readonly size: number;
  readonly seed: number;
  /** The stratum of a unit, known of all units before people look; the same number is drawn again and again for the same ids. @default one stratum */
  readonly stratumOf?: (id: string) => string;
}

/**
 * The units that people judge: a simple random sample without replacement of each stratum, sizes in proportion and at least 2. It
 * depends on the ids, the strata and the seed alone, so another judge's labels can be corrected by the same people's grades.
 * @returns by id: of every unit the probability; `drawn` says which ones were
 * @throws RankforgeError `usage` for a size below 2 a stratum, or for more than there are
 */
export function drawSample(
  ids: readonly string[],
  { size, seed, stratumOf = () => 'all' }: DrawSampleOptions,
): { readonly units: ReadonlyMap<string, DrawnUnit>; readonly drawn: ReadonlySet<string> } {
  const strata = new Map<string, string[]>();
  for (const id of [...new Set(ids)].sort()) {
    const stratum = stratumOf(id);
    const members = strata.get(stratum);
    if (members) members.push(id);
    else strata.set(stratum, [id]);
  }
  const sizes = allocate(
    [...strata.values()].map(({ length }) => length),
    size,
  );
  const units = new Map<string, DrawnUnit>();
  const drawn = new Set<string>();
  for (const [index, [stratum, members]] of [...strata].entries()) {
    const count = sizes[index]!;
    const order = shuffle(members, randomStream(seed, 'design-sample', stratum));
    for (const id of members) units.set(id, { probability: count / members.length, stratum });
    for (const id of order.slice(0, count)) drawn.add(id);
  }
  return { units, drawn };
}

/** Sizes in proportion by largest remainders, each at least 2, or all of a stratum that is smaller. */
function allocate(members: readonly number[], size: number): number[] {
  const total = members.reduce((sum, count) => sum + count, 0);
  const least = members.map((count) => Math.min(2, count));
  const needed = least.reduce((sum, count) => sum + count, 0);
  if (size > total || size < needed) {
    throw new RankforgeError(
      'usage',
      `A sample of ${size} cannot be drawn from ${total} in ${members.length} strata`,
      {
        where: '--sample',
        hint: `Ask for ${needed} to ${total}: two of each stratum at least, so that an error can be estimated.`,
      },
    );
  }
  const exact = members.map((count) => (size * count) / total);
  const sizes = exact.map((value, index) => Math.max(least[index]!, Math.floor(value)));
  for (let left = size - sizes.reduce((sum, count) => sum + count, 0); left !== 0; left -= Math.sign(left)) {
    const step = Math.sign(left);
    // The stratum that is furthest from its share, among those that can give or take.
    const candidates = [...sizes.keys()].filter((index) =>
      step > 0 ? sizes[index]! < members[index]! : sizes[index]! > least[index]!,
    );
    const next = candidates.reduce((best, index) =>
      step * (exact[index]! - sizes[index]!) > step * (exact[best]! - sizes[best]!) ? index : best,
    );
    sizes[next]! += step;
  }
  return sizes;
}
