import { RankforgeError } from '../core/errors.js';
import type { JobOptions } from '../core/progress.js';
import { studentComparator } from '../distill/student-comparator.js';
import { loadStudent } from '../distill/student-folder.js';
import { weightAliases } from '../models/weights/aliases.js';
import type { Comparator } from '../rerank/comparator.js';
import { openCachedEncoder } from './cached-encoder.js';

/**
 * A student by its folder, with the encoder that its card names. Disposing it closes the encoder.
 * @throws RankforgeError `missing-file`, `bad-file`, and what the encoder's weights may throw
 */
export async function openStudentComparator(folder: string, job: JobOptions = {}): Promise<Comparator> {
  const student = await loadStudent(folder);
  const { encoder: wanted, features } = student.card;
  if (!features.dense || !wanted) return studentComparator(student);
  // An encoder's id is its weights' name and the beginning of their hash.
  const alias = wanted.id.split('@')[0]!;
  if (!Object.hasOwn(weightAliases, alias)) {
    throw new RankforgeError(
      'unsupported',
      `The student was trained with the encoder ${wanted.id}, which has no alias here`,
      {
        where: folder,
        hint: 'Load the student in code and give studentComparator the encoder.',
      },
    );
  }
  const encoder = await openCachedEncoder(alias, job);
  try {
    const comparator = studentComparator(student, { encoder });
    return { ...comparator, [Symbol.asyncDispose]: () => encoder[Symbol.asyncDispose]() };
  } catch (error) {
    await encoder[Symbol.asyncDispose]();
    throw error;
  }
}
