/** A pair or a query: what the judge says of it, and of the drawn ones what people say. */
export interface SampledUnit {
  readonly predicted: number;
  /** Given for every unit that was drawn, and for no other. */
  readonly observed?: number;
  /** With which it was to be drawn, (0, 1]. */
  readonly probability: number;
  /** Strata were drawn from without replacement, a fixed number each. @default one stratum */
  readonly stratum?: string;
  /** What stands together in a larger population: the query of a pair. @default each unit alone */
  readonly cluster?: string;
  /** What it counts in the total that is asked for. @default 1 / units: the mean */
  readonly coefficient?: number;
}

export interface CorrectionOptions {
  /**
   * How the judge's labels are used. `fitted`: by the line that fits people's grades best in the sample, so that a judge on
   * another scale costs nothing and a senseless one is left aside; `as-is`: as they are, unbiased at every size of sample;
   * `none`: the sample alone. @default 'fitted'
   */
  readonly use?: 'fitted' | 'as-is' | 'none';
  /** `these` units alone, or the `larger` population that their clusters are a sample of. @default 'these' */
  readonly target?: 'these' | 'larger';
  /** How units were drawn: a fixed number a stratum, or each alone by its probability. @default 'stratified' */
  readonly design?: 'stratified' | 'poisson';
  /** Of the interval, (0, 1). @default 0.95 */
  readonly level?: number;
}

export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly standardError: number;
}
