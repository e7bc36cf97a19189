/** Union-find over names, with path halving. */
export class DisjointSets {
  readonly #parent = new Map<string, string>();

  /** Whether a name was met before. */
  has(name: string): boolean {
    return this.#parent.has(name);
  }

  /** The name that stands for the set. */
  find(name: string): string {
    let at = name;
    for (;;) {
      const parent = this.#parent.get(at);
      if (parent === undefined) {
        this.#parent.set(at, at);
        return at;
      }
      if (parent === at) return at;
      const above = this.#parent.get(parent)!;
      this.#parent.set(at, above);
      at = above;
    }
  }

  /** @returns whether they were two sets before */
  join(a: string, b: string): boolean {
    const [left, right] = [this.find(a), this.find(b)];
    if (left === right) return false;
    this.#parent.set(right, left);
    return true;
  }
}
