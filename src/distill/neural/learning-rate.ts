export interface Schedule {
  readonly peak: number;
  /** Steps in which the rate rises to its peak in a straight line. @default 0 */
  readonly warmUp?: number;
  /** How it falls to 0 after that. @default 'linear' */
  readonly decay?: 'linear' | 'cosine' | 'none';
}

/**
 * The learning rate of one step. No step has rate 0: the rise ends on the peak and the fall would reach 0 one step after
 * the last.
 * @param step from 1 to `steps`
 */
export function learningRate(
  step: number,
  steps: number,
  { peak, warmUp = 0, decay = 'linear' }: Schedule,
): number {
  if (step <= warmUp) return (peak * step) / warmUp;
  if (decay === 'none') return peak;
  const done = (step - warmUp - 1) / (steps - warmUp);
  return decay === 'linear' ? peak * (1 - done) : (peak * (1 + Math.cos(Math.PI * done))) / 2;
}
