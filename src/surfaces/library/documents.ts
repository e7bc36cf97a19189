import { RankforgeError } from '../../core/errors.js';
import type { Passage } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import type { Ranking } from '../../core/ranking.js';

/** What callers have: a text, or an object with one. Other properties come back untouched. */
export type GivenDocument = string | { readonly text: string; readonly title?: string; readonly id?: string };

export interface RerankedDocument<D extends GivenDocument = GivenDocument> {
  /** As it was given, the same object. */
  readonly document: D;
  /** Where it was in the documents given, from 0. */
  readonly index: number;
  /** Higher is better; comparable inside one result only. */
  readonly score: number;
  /** P(relevant), only where the reranker was calibrated on judged data. */
  readonly probability?: number;
}

/** A query as it was given, named if it has no name. @throws RankforgeError `usage` for what is no text */
export function toQuery(query: string | Query): Query {
  const given = typeof query === 'string' ? { id: 'query', text: query } : query;
  if (typeof given?.text === 'string') return given;
  throw new RankforgeError('usage', 'The query has no text', {
    where: 'query',
    hint: 'Give a text, or an object with the properties "id" and "text".',
  });
}

/**
 * Documents as passages; those without an id are named by their place.
 * @throws RankforgeError `usage` for what is no text
 */
export function toPassages(documents: readonly GivenDocument[]): Passage[] {
  if (!Array.isArray(documents)) {
    throw new RankforgeError('usage', 'The documents are no list', {
      where: 'documents',
      hint: 'Give an array of texts, or of objects with a property "text".',
    });
  }
  return documents.map((document: GivenDocument, index) => {
    const {
      text,
      title,
      id = `#${index}`,
    } = typeof document === 'string' ? { text: document } : (document ?? {});
    if (typeof text !== 'string') {
      throw new RankforgeError('usage', `Document ${index} has no text`, {
        where: `documents[${index}]`,
        hint: 'Give texts, or objects with a property "text".',
      });
    }
    return { id, text, title };
  });
}

/** A ranking's items with the documents they stand for, best first. */
export function toResults<D extends GivenDocument>(
  { items }: Ranking,
  documents: readonly D[],
  passages: readonly Passage[],
): RerankedDocument<D>[] {
  const places = new Map(passages.map(({ id }, index) => [id, index]));
  return items.map(({ id, score, probability }) => {
    const index = places.get(id)!;
    return {
      document: documents[index]!,
      index,
      score,
      ...(probability === undefined ? {} : { probability }),
    };
  });
}
