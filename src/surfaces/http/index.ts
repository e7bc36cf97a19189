export type { ServedReranker } from '../library/served-reranker.js';
export { createKeyCheck, type KeyCheck, readApiKeys } from './api-keys.js';
export type { ExposureOptions } from './exposure.js';
export type { ListenOptions, RunningServer } from './listen.js';
export { type RerankServerOptions, startRerankServer } from './rerank-server.js';
export { createRerankService, type RerankServiceOptions } from './rerank-service.js';
export type { RequestEntry, Service, ServiceOptions } from './service.js';
