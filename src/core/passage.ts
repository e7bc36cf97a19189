/** What is ranked. APIs that say "document" are translated at their surface. */
export interface Passage {
  readonly id: string;
  readonly text: string;
  readonly title?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** The text a retriever or a model sees: title and text, joined by one newline; the title alone or the text alone where the other is empty. */
export function passageText({ title, text }: Pick<Passage, 'title' | 'text'>): string {
  if (!title) return text;
  return text ? `${title}\n${text}` : title;
}
