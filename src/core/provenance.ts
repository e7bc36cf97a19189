/** Enough to rebuild a result: what ran, with which inputs. */
export interface Provenance {
  readonly packageVersion: string;
  readonly recipeHash?: string;
  readonly promptId?: string;
  readonly promptHash?: string;
  readonly modelId?: string;
  readonly weightsHash?: string;
  readonly seed?: number;
}
