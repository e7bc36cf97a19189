import { createKeyCheck } from './api-keys.js';
import { checkExposure, type ListenOptions, listen, type RunningServer } from './listen.js';
import { isLoopbackName } from './loopback.js';
import { createRerankService, type RerankServiceOptions } from './rerank-service.js';

export interface ExposureOptions extends ListenOptions {
  /** Who gives one of these as `Authorization: Bearer KEY` is served. @default everyone on this machine */
  readonly apiKeys?: readonly string[];
  /** Serves without a key on other than loopback, and under any host name. @default false */
  readonly allowOpen?: boolean;
}

export type RerankServerOptions = ExposureOptions & Omit<RerankServiceOptions, 'checkKey' | 'loopbackOnly'>;

/**
 * Serves a reranker over HTTP. The reranker stays its maker's: dispose of what it holds after `stop`.
 * @throws RankforgeError `usage` for a host or port that cannot be had, or that would be open to all
 */
export async function startRerankServer(options: RerankServerOptions): Promise<RunningServer> {
  return listen(createRerankService({ ...options, ...guards(options) }), options);
}

/** Who may ask: those with a key; without keys, this machine. @throws RankforgeError `usage` */
export function guards({ host = '127.0.0.1', apiKeys = [], allowOpen = false }: ExposureOptions) {
  const hasKey = apiKeys.length > 0;
  checkExposure(host, { hasKey, allowOpen });
  return {
    checkKey: hasKey ? createKeyCheck(apiKeys) : undefined,
    loopbackOnly: !hasKey && !allowOpen && isLoopbackName(host),
  };
}
