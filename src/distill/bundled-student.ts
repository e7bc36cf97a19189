import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../rerankers/', import.meta.url));

/** Students that come with the package. They read the texts of a list and nothing else, so they rank what any search found. */
export const bundledStudents = ['lexical'] as const;
export type BundledStudent = (typeof bundledStudents)[number];

/** The folder of a bundled student, as `loadStudent` takes it. */
export const bundledStudentFolder = (name: BundledStudent): string => join(folder, name, 'student');
