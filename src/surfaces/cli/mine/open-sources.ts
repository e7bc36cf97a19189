import { RankforgeError } from '../../../core/errors.js';
import { unknownName } from '../../../core/names.js';
import type { Dataset } from '../../../formats/dataset.js';
import { readRun } from '../../../formats/trec-run.js';
import type { MiningSource } from '../../../generate/negatives/candidate-pool.js';
import { runRetriever } from '../../../generate/negatives/run-retriever.js';
import { openFirstStage, untrainedNames } from '../../../pipeline/first-stage.js';
import type { CliContext } from '../cli-context.js';
import { runNames } from '../run-names.js';
import type { MineFlags } from './mine-flags.js';

export interface OpenSources extends AsyncDisposable {
  readonly sources: readonly MiningSource[];
}

/** Looks over the named retrievers, before a corpus is indexed for them. @throws RankforgeError `unknown-name`, `usage` */
export function checkRetrievers({ retriever, run, encoder, mix }: MineFlags): readonly string[] {
  const names = retriever ?? (run ? [] : ['bm25']);
  for (const name of names) {
    if (!untrainedNames.some((known) => known === name)) throw unknownName(name, untrainedNames, 'retriever');
    if (name !== 'bm25' && encoder === 'none') {
      throw new RankforgeError('usage', `The retriever ${name} needs an encoder`, {
        where: '--encoder none',
        hint: 'Leave --encoder out, or mine from bm25.',
      });
    }
  }
  const sources = [...names, ...runNames(run ?? [])];
  for (const { retriever: wanted } of mix ?? [])
    if (wanted !== undefined && !sources.includes(wanted))
      throw unknownName(wanted, sources, 'source of negatives');
  return names;
}

/** The lists that a command line names: retrievers over the dataset, and runs. */
export async function openSources(
  options: MineFlags,
  { passages }: Pick<Dataset, 'passages'>,
  { signal, onProgress }: CliContext,
): Promise<OpenSources> {
  const names = checkRetrievers(options);
  const { run: runs = [], band, belowShare, belowMargin, encoder } = options;
  const stage =
    names.length === 0
      ? undefined
      : await openFirstStage(passages, {
          encoder: names.every((name) => name === 'bm25') ? 'none' : encoder,
          signal,
          onProgress,
        });
  const settings = { band, belowShare, belowMargin };
  const sources: MiningSource[] = names.map((name) => ({
    retriever: stage!.retrievers.get(name)!,
    ...settings,
  }));
  const called = runNames(runs);
  for (const [index, path] of runs.entries())
    sources.push({ retriever: runRetriever(called[index]!, await readRun(path, { signal })), ...settings });
  return { sources, [Symbol.asyncDispose]: async () => stage?.[Symbol.asyncDispose]() };
}
