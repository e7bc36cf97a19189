/** The bytes of one request and its answer, while a server has them in memory. */
export interface ByteHold {
  /** Counts bytes that are about to be kept. @returns false where they would be too many, and then counts none */
  take(bytes: number): boolean;
  /** Counts bytes that there is no way around, such as those of an answer: what comes next has less room. */
  add(bytes: number): void;
  /** Gives all of them back, once. */
  release(): void;
}

export interface ByteBudget {
  /** Bytes held now. */
  readonly held: number;
  hold(): ByteHold;
}

/** Bytes of all requests that a server may hold at once, from the first byte that it reads to the last that it sends. */
export function createByteBudget(most: number): ByteBudget {
  let held = 0;
  return {
    get held() {
      return held;
    },
    hold() {
      let own = 0;
      const add = (bytes: number): void => {
        own += bytes;
        held += bytes;
      };
      return {
        add,
        take(bytes) {
          if (held + bytes > most) return false;
          add(bytes);
          return true;
        },
        release() {
          held -= own;
          own = 0;
        },
      };
    },
  };
}
