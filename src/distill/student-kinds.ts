import { studentKinds as featureKinds } from './students/scorer.js';
import { readerKinds } from './texts/text-reader.js';

/** Everything that a student may be: what scores features, the simplest first, and what reads texts. */
export const allStudentKinds = [...featureKinds, ...readerKinds] as const;
export type AnyStudentKind = (typeof allStudentKinds)[number];
