/** Something that went other than asked, and was handled: a fallback, a repair, a truncation. Never printed by the library, always returned. */
export interface Warning {
  /** Stable kebab-case name, for instance `truncated-passage` or `repaired-ranking`. */
  readonly code: string;
  readonly message: string;
  /** The query, passage or model it is about. */
  readonly id?: string;
}
