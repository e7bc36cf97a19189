// More is a model that does not stop, and longer ones are sentences.
const mostTerms = 20;
const mostWords = 6;

/**
 * Terms of a reply that lists them: with commas, one a line with bullets or numbers, or a JSON array. Sentences, an
 * introduction before a colon, and repeated terms are left out; a refusal has none.
 * @returns at most 20 terms of at most 6 words
 */
export function parseTerms(reply: string): string[] {
  const text = reply.replace(/```\w*/g, '').trim();
  if (/^(?:i['’]?m sorry|i am sorry|sorry|i can(?:no|['’])t|as an ai)\b/i.test(text)) return [];
  const terms = new Map<string, string>();
  for (const piece of jsonTerms(text) ?? text.split(/[,;\n]/)) {
    const term = piece
      .replace(/^.*:(?:\s|$)/s, '')
      .replace(/^\s*(?:[-*•]|\d{1,2}[.)])\s+/, '')
      .replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ')
      .replace(/^["'“”‘’*\s]+|(?<!["'“”‘’*.:\s])["'“”‘’*.:\s]+$/g, '');
    const words = /[\p{L}\p{N}]/u.test(term) ? term.split(' ').length : 0;
    if (words > 0 && words <= mostWords && !terms.has(term.toLowerCase()))
      terms.set(term.toLowerCase(), term);
  }
  return [...terms.values()].slice(0, mostTerms);
}

function jsonTerms(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const values: unknown = JSON.parse(text);
    return Array.isArray(values) ? values.filter((value) => typeof value === 'string') : undefined;
  } catch {
    return undefined;
  }
}
