import type { z } from 'zod';
import { RankforgeError } from '../../core/errors.js';

/** Checks settings that a caller gives and fills in the defaults. @throws RankforgeError `usage` that names the setting */
export function parseSettings<T>(schema: z.ZodType<T>, given: unknown, kind: string): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RankforgeError('usage', `${kind} settings are wrong: ${issue?.message ?? 'not an object'}`, {
    where: issue?.path.join('.'),
    hint: 'Correct the setting.',
  });
}
