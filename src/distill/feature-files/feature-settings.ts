import type { StudentKind } from '../students/scorer.js';
import type { StudentSettings } from '../students/student-settings.js';
import { defaultBoost } from '../trees/boost.js';

/** Above this a second setting and more folds cost more than the choice is worth. */
const manyRows = 100_000;

/**
 * What boosted trees are tried with on features from a file: thousands of graded rows bear bigger trees than a few dozen
 * rankings do. The first is LightGBM's own lambdarank example.
 * @returns undefined for the students whose own settings serve
 */
export function featureSettings(kind: StudentKind, rows: number): readonly StudentSettings[] | undefined {
  if (kind !== 'lambdamart') return undefined;
  const common = {
    ...defaultBoost,
    kind,
    objective: 'lambda-rank',
    trees: 300,
    baggingFraction: 0.9,
  } as const;
  const settings = [
    { ...common, leaves: 31, learningRate: 0.1, minDataInLeaf: 50, minHessianInLeaf: 5 },
    { ...common, leaves: 15, learningRate: 0.05, minDataInLeaf: 20, featureFraction: 0.7 },
  ] as const;
  return rows > manyRows ? settings.slice(0, 1) : settings;
}

export const featureFolds = (rows: number): number => (rows > manyRows ? 2 : 5);
