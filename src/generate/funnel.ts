/** What went into a stage, what came out, and why the rest did not. */
export interface StageCounts {
  readonly in: number;
  readonly out: number;
  /** By reason: the rejected records. */
  readonly rejected: Readonly<Record<string, number>>;
  /** By name: what happened to records that were kept, for instance `relabelled`. */
  readonly noted: Readonly<Record<string, number>>;
}

/** A funnel as plain data, stages in the order they were first met. */
export interface FunnelData {
  readonly stages: readonly ({ readonly stage: string } & StageCounts)[];
}

interface Counter {
  in: number;
  out: number;
  readonly rejected: Map<string, number>;
  readonly noted: Map<string, number>;
}

const newCounter = (): Counter => ({ in: 0, out: 0, rejected: new Map(), noted: new Map() });
const increase = (counts: Map<string, number>, name: string, by: number): void => {
  counts.set(name, (counts.get(name) ?? 0) + by);
};
const sorted = (counts: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));

/** Counts the records of every stage: nothing is dropped without a reason. One per job or per shard. */
export class Funnel {
  readonly #stages = new Map<string, Counter>();

  #counter(stage: string): Counter {
    let counter = this.#stages.get(stage);
    if (!counter) {
      counter = newCounter();
      this.#stages.set(stage, counter);
    }
    return counter;
  }

  /** A record came in and went out. */
  accept(stage: string): void {
    const counter = this.#counter(stage);
    counter.in += 1;
    counter.out += 1;
  }

  /** A record came in and was dropped. */
  reject(stage: string, reason: string): void {
    const counter = this.#counter(stage);
    counter.in += 1;
    increase(counter.rejected, reason, 1);
  }

  /** A record that had gone out is dropped after all. */
  withdraw(stage: string, reason: string): void {
    const counter = this.#counter(stage);
    counter.out -= 1;
    increase(counter.rejected, reason, 1);
  }

  /** Something happened to a record that was kept. */
  note(stage: string, name: string): void {
    increase(this.#counter(stage).noted, name, 1);
  }

  /** The counts of a stage; zeros for one that was never met. */
  stage(name: string): StageCounts {
    const counter = this.#stages.get(name) ?? newCounter();
    return { ...counter, rejected: sorted(counter.rejected), noted: sorted(counter.noted) };
  }

  toJSON(): FunnelData {
    return { stages: [...this.#stages.keys()].map((stage) => ({ stage, ...this.stage(stage) })) };
  }

  /** Adds the counts of another funnel, for instance of a shard read back from JSON. */
  add(other: Funnel | FunnelData): void {
    const { stages } = other instanceof Funnel ? other.toJSON() : other;
    for (const counts of stages) {
      const counter = this.#counter(counts.stage);
      counter.in += counts.in;
      counter.out += counts.out;
      for (const [reason, count] of Object.entries(counts.rejected))
        increase(counter.rejected, reason, count);
      for (const [name, count] of Object.entries(counts.noted)) increase(counter.noted, name, count);
    }
  }

  /** The sum of several shards' funnels. */
  static merge(...funnels: readonly (Funnel | FunnelData)[]): Funnel {
    const sum = new Funnel();
    for (const funnel of funnels) sum.add(funnel);
    return sum;
  }
}
