import { z } from 'zod';
import { type JudgeMode, judgePrompts } from '../../generate/judge/judge.js';

/** Who grades. */
export const JudgeSection = z
  .strictObject({
    /** A name under `models`; absent: the writer. */
    model: z.string().optional(),
    mode: z.enum(Object.keys(judgePrompts) as [JudgeMode, ...JudgeMode[]]).default('yes-no'),
    /** Names under `models` that judge too. */
    panel: z.array(z.string()).default([]),
    /** How the grades of a panel become one. */
    aggregate: z.enum(['mean', 'median', 'majority']).default('mean'),
  })
  .prefault({});
