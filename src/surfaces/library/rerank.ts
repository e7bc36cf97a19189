import { RankforgeError } from '../../core/errors.js';
import type { Query } from '../../core/query.js';
import type { Warning } from '../../core/warning.js';
import { bundledStudentFolder } from '../../distill/bundled-student.js';
import {
  type CreateRerankerOptions,
  createReranker,
  type DocumentReranker,
  type RerankOptions,
  type RerankResult,
} from './create-reranker.js';
import type { GivenDocument } from './documents.js';

/** One for the process: an encoder takes a second to open. */
const best = renewable();
// By its folder: what happens to be called `lexical` where the process runs is another thing.
const lexical = renewable({ compare: `student:${bundledStudentFolder('lexical')}` });

/**
 * Orders documents by how well they answer a query, with the best that this machine can run at once: the encoder, BM25 and
 * feedback fused. Needs no key and no settings; the first call fetches the encoder's weights (91 MB) once. Where there is
 * no `onnxruntime-node`, or the weights cannot be had, the bundled student orders, with the warning `no-encoder`.
 * `createReranker` does everything else.
 * @throws RankforgeError `usage`, `duplicate-id`; the signal's reason
 */
export async function rerank<D extends GivenDocument>(
  query: string | Query,
  documents: readonly D[],
  options: RerankOptions = {},
): Promise<RerankResult<D>> {
  const { reranker, warnings } = await openDefaultReranker(options);
  const result = await reranker.rerank(query, documents, options);
  return { ...result, warnings: [...warnings, ...result.warnings] };
}

/** The reranker behind `rerank`, opened, and what is less good about it than it could be. It belongs to the process. */
export async function openDefaultReranker({
  signal,
  onProgress,
}: Pick<RerankOptions, 'signal' | 'onProgress'> = {}): Promise<{
  readonly reranker: DocumentReranker;
  readonly warnings: readonly Warning[];
}> {
  try {
    await best.open({ signal, onProgress });
    return { reranker: best, warnings: [] };
  } catch (error) {
    if (!(error instanceof RankforgeError) || !noEncoder.has(error.code)) throw error;
    const message = `The bundled student, which reads words alone, ordered the documents, since the encoder could not be opened: ${error.message}. ${error.hint}`;
    return { reranker: lexical, warnings: [{ code: 'no-encoder', message }] };
  }
}

const noEncoder: ReadonlySet<string> = new Set([
  'missing-package',
  'download-failed',
  'no-permission',
  'disk-full',
]);

/** One that whoever was lent it may dispose of, to close what is open: the next query opens it again. */
function renewable(options: CreateRerankerOptions = {}): DocumentReranker {
  let current = createReranker(options);
  return {
    rerank: (...call) => current.rerank(...call),
    rank: (...call) => current.rank(...call),
    open: (...call) => current.open(...call),
    async [Symbol.asyncDispose]() {
      const last = current;
      current = createReranker(options);
      await last[Symbol.asyncDispose]();
    },
  };
}
