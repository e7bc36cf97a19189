import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Ranking } from '../../core/ranking.js';
import { packageVersion } from '../../core/version.js';
import type { RequestEntry } from './service.js';
import type { WorkQueue } from './work-queue.js';

export interface Metrics {
  readonly registry: Registry;
  onRequest(entry: RequestEntry): void;
  onRanking(ranking: Ranking): void;
}

/** Prometheus metrics of one server, in a registry of its own. No label holds anything that a client sent. */
export function createMetrics(queue: WorkQueue, model: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({ name: 'rankforge_info', help: 'Always 1', labelNames: ['version', 'model'], registers }).set(
    { version: packageVersion, model },
    1,
  );
  const requests = new Counter({
    name: 'rankforge_http_requests_total',
    help: 'Answered requests',
    labelNames: ['route', 'shape', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'rankforge_http_request_duration_seconds',
    help: 'From the headers to the answer, waiting included',
    labelNames: ['route'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  });
  const documents = new Histogram({
    name: 'rankforge_rerank_documents',
    help: 'Documents of a reranked request',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000],
    registers,
  });
  const calls = new Counter({ name: 'rankforge_model_calls_total', help: 'Model calls', registers });
  const tokens = new Counter({
    name: 'rankforge_model_tokens_total',
    help: 'Tokens of model calls',
    labelNames: ['kind'],
    registers,
  });
  const warnings = new Counter({
    name: 'rankforge_rerank_warnings_total',
    help: 'Warnings of rankings',
    labelNames: ['code'],
    registers,
  });
  new Gauge({
    name: 'rankforge_rerank_running',
    help: 'Requests being reranked',
    registers,
    collect() {
      this.set(queue.running);
    },
  });
  new Gauge({
    name: 'rankforge_rerank_waiting',
    help: 'Requests waiting for their turn',
    registers,
    collect() {
      this.set(queue.waiting);
    },
  });
  return {
    registry,
    onRequest({ route, shape = '', status, milliseconds }) {
      requests.inc({ route, shape, status });
      seconds.observe({ route }, milliseconds / 1000);
    },
    onRanking({ items, usage, warnings: found }) {
      documents.observe(items.length);
      calls.inc(usage.calls);
      tokens.inc({ kind: 'prompt' }, usage.promptTokens);
      tokens.inc({ kind: 'output' }, usage.outputTokens);
      for (const { code } of found) warnings.inc({ code });
    },
  };
}
