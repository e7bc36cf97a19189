import { hashValue } from '../../core/hash.js';

/** The methods of a model that cost something. */
export type ModelOperation = 'generate' | 'nextToken' | 'likelihood';

export interface KeyedCall {
  /** The model's id. */
  readonly model: string;
  readonly operation: ModelOperation;
  /** As sent, without what only tells samples apart. */
  readonly request: unknown;
  readonly sample: number;
}

/** Equal calls share a key: hex SHA-256 of the call's canonical JSON. */
export const requestKey = ({ model, operation, request, sample }: KeyedCall): string =>
  hashValue({ model, operation, request, sample });
