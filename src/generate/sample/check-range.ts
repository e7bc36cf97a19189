import { RankforgeError } from '../../core/errors.js';

/** @throws RankforgeError `usage` that names the option and its range; NaN is outside of every range */
export function checkRange(
  name: string,
  value: number,
  holds: (value: number) => boolean,
  range: string,
): void {
  if (holds(value)) return;
  throw new RankforgeError('usage', `${name} must be ${range}, not ${value}`, {
    where: name,
    hint: 'Correct the option.',
  });
}
