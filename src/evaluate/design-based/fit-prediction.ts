import type { SampledUnit } from './sampled-unit.js';

/**
 * The judge's label as a prediction of people's: as it is, by the line through the drawn units that leaves the least variance in the
 * estimate, or the same for all. A unit weighs by the square of what its residual would count.
 */
export function fitPrediction(
  units: readonly SampledUnit[],
  coefficients: readonly number[],
  use: 'fitted' | 'as-is' | 'none',
): (predicted: number) => number {
  if (use === 'as-is') return (predicted) => predicted;
  const drawn = units.flatMap(({ predicted, observed, probability }, index) => {
    if (observed === undefined) return [];
    // A unit that was sure to be drawn adds no variance, and still tells where the line is if all were.
    const weight = coefficients[index]! ** 2 * Math.max(1e-9, (1 - probability) / probability ** 2);
    return [{ x: predicted, y: observed, weight }];
  });
  const total = drawn.reduce((sum, { weight }) => sum + weight, 0);
  if (!(total > 0)) return () => 0;
  const mean = (of: (unit: (typeof drawn)[number]) => number) =>
    drawn.reduce((sum, unit) => sum + unit.weight * of(unit), 0) / total;
  const [x, y] = [mean((unit) => unit.x), mean((unit) => unit.y)];
  if (use === 'none') return () => y;
  const spread = mean((unit) => (unit.x - x) ** 2);
  // A judge that says the same of all predicts nothing.
  const slope = spread > 1e-12 ? mean((unit) => (unit.x - x) * (unit.y - y)) / spread : 0;
  return (predicted) => y + slope * (predicted - x);
}
