import type { Example } from '../../core/example.js';
import type { JobOptions } from '../../core/progress.js';
import { cohenKappa } from '../../evaluate/agreement/kappa.js';
import { describeSet } from '../../generate/describe/describe-set.js';
import type { EmbeddingModel } from '../../models/embedding-model.js';
import { createAnalyser } from '../../retrieval/analyser.js';
import type { LevelAgreement, ReportData } from '../report/report-data.js';

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
  return {
    ...describeSet(examples, { analyser: createAnalyser('english'), embeddings, seed }),
    agreement: agreementOf(examples),
  };
}

/** The judge's grades beside the levels asked of the writer; nothing where none was written. */
function agreementOf(examples: readonly Example[]): LevelAgreement | undefined {
  const pairs = examples.flatMap(({ passages }) =>
    passages.flatMap(({ origin, grade }) => {
      const level = /^generated:([0-3])$/.exec(origin)?.[1];
      return level === undefined ? [] : [{ level: Number(level), grade }];
    }),
  );
  if (pairs.length === 0) return undefined;
  const kappa = cohenKappa(
    pairs.map(({ level }) => level),
    pairs.map(({ grade }) => grade),
    { weights: 'quadratic', categories: [0, 1, 2, 3] },
  );
  return {
    passages: pairs.length,
    same: pairs.filter(({ level, grade }) => level === grade).length,
    ...(kappa === undefined ? {} : { kappa }),
  };
}
