import { z } from 'zod';
import { type JudgeMode, judgePrompts } from '../../generate/judge/judge.js';
import { aggregations } from '../../generate/judge/votes.js';
import { count } from './values.js';

/** Who grades. */
export const JudgeSection = z
  .strictObject({
    /** A name under `models`; absent: the writer. */
    model: z.string().optional(),
    mode: z.enum(Object.keys(judgePrompts) as [JudgeMode, ...JudgeMode[]]).default('yes-no'),
    /** Names under `models` that judge too. */
    panel: z.array(z.string()).default([]),
    /** How the grades of a panel become one. */
    aggregate: z.enum(aggregations).default('mean'),
    /** What `rankforge judge --calibrate` wrote for this judge: it then grades on people's scale. */
    calibration: z.string().min(1).optional(),
    /** Pairs that people judged which the judge grades too, for the report to say how far they agree. */
    measured: count.default(0),
  })
  .prefault({});
