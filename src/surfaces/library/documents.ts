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
 * Documents as passages; those without an id are named by their place: `#0`, with more signs where a given id begins so.
 * @throws RankforgeError `usage` for what is no text
 */
export function toPassages(documents: readonly GivenDocument[]): Passage[] {
  if (!Array.isArray(documents)) {
    throw new RankforgeError('usage', 'The documents are no list', {
      where: 'documents',
      hint: 'Give an array of texts, or of objects with a property "text".',
    });
  }
  const sign = placeSign(documents);
  return documents.map((document: GivenDocument, index) => {
    const { text, title, id } = typeof document === 'string' ? { text: document } : (document ?? {});
    if (typeof (id ?? '') !== 'string') {
      throw new RankforgeError('usage', `The id of document ${index} is no text`, {
        where: `documents[${index}].id`,
        hint: 'Give ids as texts, or leave them out.',
      });
    }
    if (typeof text !== 'string') {
      throw new RankforgeError('usage', `Document ${index} has no text`, {
        where: `documents[${index}]`,
        hint: 'Give texts, or objects with a property "text".',
      });
    }
    return { id: id ?? `${sign}${index}`, text, title };
  });
}

/** What stands before a place: so many signs that no given id begins with them. */
function placeSign(documents: readonly GivenDocument[]): string {
  const most = documents.reduce<number>((longest, document) => {
    const id = typeof document === 'string' ? undefined : document?.id;
    return typeof id === 'string' ? Math.max(longest, /^#*/.exec(id)![0].length) : longest;
  }, 0);
  return '#'.repeat(most + 1);
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
