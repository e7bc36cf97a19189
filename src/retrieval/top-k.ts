/**
 * The k best of many scored indexes, in a bounded heap whose root is the worst one kept.
 * Equal scores are ordered by index, lowest first, so the result does not depend on the order of `add`.
 */
export class TopK {
  readonly #indexes: Int32Array;
  readonly #scores: Float64Array;
  #size = 0;

  constructor(k: number) {
    this.#indexes = new Int32Array(k);
    this.#scores = new Float64Array(k);
  }

  /** A score at or above which `add` may keep an index; below it never does. */
  get threshold(): number {
    return this.#size < this.#scores.length
      ? Number.NEGATIVE_INFINITY
      : (this.#scores[0] ?? Number.POSITIVE_INFINITY);
  }

  add(index: number, score: number): void {
    if (this.#size < this.#scores.length) {
      this.#rise(this.#size++, index, score);
    } else if (this.#size > 0 && this.#isWorse(this.#indexes[0]!, this.#scores[0]!, index, score)) {
      this.#sink(index, score);
    }
  }

  /** What was kept, best first. */
  sorted(): { index: number; score: number }[] {
    const kept = Array.from({ length: this.#size }, (_, i) => ({
      index: this.#indexes[i]!,
      score: this.#scores[i]!,
    }));
    return kept.sort((a, b) => b.score - a.score || a.index - b.index);
  }

  #isWorse(indexA: number, scoreA: number, indexB: number, scoreB: number): boolean {
    return scoreA < scoreB || (scoreA === scoreB && indexA > indexB);
  }

  #rise(from: number, index: number, score: number): void {
    let i = from;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#isWorse(index, score, this.#indexes[parent]!, this.#scores[parent]!)) break;
      this.#indexes[i] = this.#indexes[parent]!;
      this.#scores[i] = this.#scores[parent]!;
      i = parent;
    }
    this.#indexes[i] = index;
    this.#scores[i] = score;
  }

  /** Puts a value in the root's place and lets it down to where it belongs. */
  #sink(index: number, score: number): void {
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= this.#size) break;
      const right = child + 1;
      if (
        right < this.#size &&
        this.#isWorse(
          this.#indexes[right]!,
          this.#scores[right]!,
          this.#indexes[child]!,
          this.#scores[child]!,
        )
      ) {
        child = right;
      }
      if (!this.#isWorse(this.#indexes[child]!, this.#scores[child]!, index, score)) break;
      this.#indexes[i] = this.#indexes[child]!;
      this.#scores[i] = this.#scores[child]!;
      i = child;
    }
    this.#indexes[i] = index;
    this.#scores[i] = score;
  }
}
