import type { Parameters } from '../neural/parameters.js';

/**
 * The mean of several networks' weights, a "soup": of checkpoints of one run, or of runs from one start, it is often better
 * than each of them and costs what one costs.
 * @param all at least one, of the same names and shapes
 * @see Izmailov et al. 2018, arXiv:1803.05407; Wortsman et al. 2022, arXiv:2203.05482
 */
export function averageParameters(all: readonly Parameters[]): Parameters {
  return new Map(
    [...all[0]!].map(([name, { shape, data }]) => {
      const sum = new Float64Array(data.length);
      for (const parameters of all) {
        const other = parameters.get(name)!.data;
        for (let i = 0; i < sum.length; i++) sum[i]! += other[i]!;
      }
      return [name, { shape, data: Float32Array.from(sum, (value) => value / all.length) }];
    }),
  );
}
