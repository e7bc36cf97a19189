/** What is asked. `instruction` narrows what counts as relevant (FollowIR-style), and is shown to models only. */
export interface Query {
  readonly id: string;
  readonly text: string;
  readonly instruction?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}
