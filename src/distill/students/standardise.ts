import type { FeatureValues } from '../features/feature-set.js';
import type { TrainingList } from '../training-list.js';

export interface Standardiser {
  readonly mean: readonly number[];
  /** 1 / deviation; 0 for a feature that is constant, so that it counts nothing. */
  readonly scale: readonly number[];
}

/** Rows of features on the scale of the lists that were fitted. */
export function standardise(data: FeatureValues, { mean, scale }: Standardiser): Float64Array {
  const width = mean.length;
  const result = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) result[i] = (data[i]! - mean[i % width]!) * scale[i % width]!;
  return result;
}

/** Mean and deviation of each feature over all rows of all lists. */
export function fitStandardiser(lists: readonly TrainingList[], width: number): Standardiser {
  const rows = lists.reduce((sum, { features }) => sum + features.rows, 0);
  const mean = new Array<number>(width).fill(0);
  const squares = new Array<number>(width).fill(0);
  const eachRow = (visit: (column: number, value: number) => void): void => {
    for (const { features } of lists) {
      const { data } = features;
      for (let i = 0; i < data.length; i++) visit(i % width, data[i]!);
    }
  };
  eachRow((column, value) => {
    mean[column]! += value / rows;
  });
  eachRow((column, value) => {
    squares[column]! += (value - mean[column]!) ** 2 / rows;
  });
  return { mean, scale: squares.map((square) => (Math.sqrt(square) > 1e-9 ? 1 / Math.sqrt(square) : 0)) };
}
