import type { Example } from '../../core/example.js';
import type { JobOptions } from '../../core/progress.js';
import { describeSet } from '../../generate/describe/describe-set.js';
import type { EmbeddingModel } from '../../models/embedding-model.js';
import { createAnalyser } from '../../retrieval/analyser.js';
import type { ReportData } from '../report/report-data.js';

/** What the report shows of a set. */
export async function describeExamples(
  examples: readonly Example[],
  {
    seed,
    encoder,
    signal,
  }: JobOptions & { readonly seed: number; readonly encoder: EmbeddingModel | undefined },
): Promise<NonNullable<ReportData['set']>> {
  const embeddings =
    encoder &&
    (await encoder.embed(
      examples.map(({ query }) => query.text),
      { signal },
    ));
  return describeSet(examples, { analyser: createAnalyser('english'), embeddings, seed });
}
