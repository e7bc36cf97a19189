import { type ExposureOptions, guards } from './exposure.js';
import { listen, type RunningServer } from './listen.js';
import { createRerankService, type RerankServiceOptions } from './rerank-service.js';

export type RerankServerOptions = ExposureOptions & Omit<RerankServiceOptions, 'checkKey' | 'loopbackOnly'>;

/**
 * Serves a reranker over HTTP. The reranker stays its maker's: dispose of what it holds after `stop`.
 * @throws RankforgeError `usage` for a host or port that cannot be had, or that would be open to all
 */
export async function startRerankServer(options: RerankServerOptions): Promise<RunningServer> {
  return listen(createRerankService({ ...options, ...guards(options) }), options);
}
