/** Settings that are right each by itself and cannot hold together. */
export interface Conflict {
  readonly key: readonly PropertyKey[];
  readonly message: string;
  readonly hint: string;
}
