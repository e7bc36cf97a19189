import { RankforgeError } from '../../core/errors.js';

/** The error, exit code 4, where no student is fast enough or none was finished; what was trained is kept. */
export const noneChosen = (reason: string, where: string): RankforgeError =>
  new RankforgeError('gate-failed', `No student is chosen: ${reason}`, {
    where,
    hint: 'Allow more time for training, or more for each list; the untrained rankings are the fastest.',
  });
