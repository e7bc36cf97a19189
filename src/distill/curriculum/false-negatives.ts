/** One query's candidates of which a few are labelled positive. Aligned, in the order of the first stage. */
export interface PartlyLabelled {
  /** Probability of being relevant, as a calibrated teacher or the student says, 0 to 1. */
  readonly relevance: ArrayLike<number>;
  readonly labelled: readonly boolean[];
}

export interface SelectionOptions {
  /** Ranks that share one selection rate. @default 5 */
  readonly bucket?: number;
  /** @default 20 */
  readonly iterations?: number;
}

/**
 * How probable it is that a relevant passage was labelled at all, by its rank in the first stage (pooling bias): judges saw the top
 * of a weak retriever. Rates and relevance are estimated by turns: an unlabelled passage is relevant with r (1 − e) / (1 − r e),
 * and a bucket's rate e is its labelled passages over those expected to be relevant.
 * CET learns both sides as networks; its code was not at hand, and here relevance is given and selection is a table of rates by rank, which a few lists can fit.
 * @returns rate of each bucket of ranks, above 0 to 1; ranks past the last bucket have its rate
 * @see Cai et al. 2022, CIKM, arXiv:2209.05072 (coupled estimation)
 */
export function estimateSelection(
  lists: readonly PartlyLabelled[],
  { bucket = 5, iterations = 20 }: SelectionOptions = {},
): number[] {
  const buckets = Math.ceil(
    lists.reduce((most, { labelled }) => Math.max(most, labelled.length), 0) / bucket,
  );
  let rates = Array.from({ length: buckets }, () => 0.5);
  for (let step = 0; step < iterations; step++) {
    const labelledIn = new Float64Array(buckets);
    const relevantIn = new Float64Array(buckets);
    for (const list of lists) {
      const chances = relevanceGivenLabels(list, rates, { bucket });
      list.labelled.forEach((isLabelled, i) => {
        const b = Math.floor(i / bucket);
        if (isLabelled) labelledIn[b]! += 1;
        relevantIn[b]! += chances[i]!;
      });
    }
    // One labelled of two relevant is added to each bucket, or a bucket without labels would stay at 0.
    rates = rates.map((_, b) => (labelledIn[b]! + 0.5) / (relevantIn[b]! + 1));
  }
  return rates;
}

/** Probability of being relevant of each passage, given whether it was labelled: 1 for those that were. */
export function relevanceGivenLabels(
  { relevance, labelled }: PartlyLabelled,
  rates: readonly number[],
  { bucket = 5 }: Pick<SelectionOptions, 'bucket'> = {},
): Float64Array {
  return Float64Array.from(labelled, (isLabelled, i) => {
    if (isLabelled) return 1;
    const r = Math.min(1, Math.max(0, relevance[i]!));
    const e = rates[Math.min(rates.length - 1, Math.floor(i / bucket))] ?? 0;
    return r * e >= 1 ? 0 : (r * (1 - e)) / (1 - r * e);
  });
}

/**
 * How the items count when labels are missing: a labelled positive stands for those like it that were not (weight 1 / rate, at most
 * `cap`), and an unlabelled one is present as a negative by the chance that it is one.
 */
export function correctForSelection(
  list: PartlyLabelled,
  rates: readonly number[],
  { bucket = 5, cap = 5 }: Pick<SelectionOptions, 'bucket'> & { readonly cap?: number } = {},
): { readonly weights: Float64Array; readonly presence: Float64Array } {
  const chances = relevanceGivenLabels(list, rates, { bucket });
  const rateAt = (i: number): number => rates[Math.min(rates.length - 1, Math.floor(i / bucket))] ?? 1;
  return {
    weights: chances.map((_, i) => (list.labelled[i] ? Math.min(cap, 1 / Math.max(rateAt(i), 1e-6)) : 1)),
    presence: chances.map((chance, i) => (list.labelled[i] ? 1 : 1 - chance)),
  };
}

/**
 * Which items to keep, when negatives that the teacher finds about as good as a positive are dropped: those that score below
 * `share` of the best positive's place between the list's least score and it.
 * @param scores the teacher's  @param labelled which are positives; all of them are kept
 * @param share 0 to 1. @default 0.95
 * @see Moreira et al. 2024, arXiv:2407.15831 (NV-Retriever: positive-aware mining, 95 % of the positive's score)
 */
export function keepSafeNegatives(
  scores: ArrayLike<number>,
  labelled: readonly boolean[],
  { share = 0.95 }: { readonly share?: number } = {},
): boolean[] {
  const all = Array.from(scores);
  const positives = all.filter((_, i) => labelled[i]);
  if (positives.length === 0) return all.map(() => true);
  const least = Math.min(...all);
  const bound = least + share * (Math.max(...positives) - least);
  return all.map((score, i) => labelled[i] === true || score < bound);
}
