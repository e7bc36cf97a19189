import type { Student } from '../student.js';

/** A student whose network ranks alone: it reads no features, and so needs no encoder for them. */
export const withoutFeatures = (student: Student): Student => ({
  ...student,
  parameters: { kind: 'linear', weights: [] },
  card: {
    ...student.card,
    encoder: undefined,
    features: { ...student.card.features, dense: false, firstStage: false, names: [] },
  },
});
