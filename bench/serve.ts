/**
 * What the HTTP server takes: requests per second and latency at 1, 16 and 256 clients, with a stub comparator and with a
 * student, beside a bare node:http server that only parses, compares and answers; and what rankforge adds to the
 * comparator's own time. RANKFORGE_BENCH_STUDENT names a student folder; else one is trained on the handbook.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { passageText } from '../src/core/passage.js';
import type { ScoredId } from '../src/core/run.js';
import { noUsage } from '../src/core/usage.js';
import { loadDataset } from '../src/formats/dataset.js';
import { distillRuns } from '../src/pipeline/distill-runs.js';
import { openFirstStage } from '../src/pipeline/first-stage.js';
import { openStudentComparator } from '../src/pipeline/student-comparator.js';
import type { Comparator } from '../src/rerank/comparator.js';
import { composeReranker } from '../src/rerank/reranker.js';
import { startRerankServer } from '../src/surfaces/http/rerank-server.js';

const seconds = Number(process.env.RANKFORGE_BENCH_SECONDS ?? 5);
const clientCounts = [1, 16, 256];
const depth = 100;
/** A short model call, for what rankforge adds to one. */
const stubLatencyMs = 20;

/** A comparison that costs nothing but the time it is told to take. */
const stub = (latencyMs: number): Comparator => ({
  name: 'stub',
  absolute: false,
  async compare(_, passages) {
    if (latencyMs > 0) await delay(latencyMs);
    return { order: passages.map((_, index) => passages.length - 1 - index), usage: noUsage, warnings: [] };
  },
  cost: () => ({ calls: 0, promptTokens: 0, outputTokens: 0 }),
  async [Symbol.asyncDispose]() {},
});

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

interface Body {
  readonly query: string;
  readonly documents: readonly string[];
}

async function handbookBody(): Promise<Body> {
  const { passages, queries } = await loadDataset('datasets/handbook');
  const documents = [...passages.values()].slice(0, depth).map(passageText);
  return { query: [...queries.values()][0]!.text, documents };
}

async function trainStudent(out: string): Promise<void> {
  const dataset = await loadDataset('datasets/handbook');
  await using stage = await openFirstStage(dataset.passages, { encoder: 'none' });
  const run = new Map<string, ScoredId[]>();
  for (const query of dataset.queries.values()) run.set(query.id, await stage.best.search(query, 30));
  await distillRuns({
    dataset,
    learnFrom: { run, depth: 30, teachers: { bm25: run } },
    kind: 'lambdamart',
    encoder: 'none',
    seed: 7,
    out,
  });
}

/** Milliseconds of the comparator alone and inside a reranker, taken turn by turn, so that both see the same machine. */
async function measureOverhead(comparator: Comparator, { query, documents }: Body) {
  const passages = documents.map((text, index) => ({ id: String(index), text }));
  const asked = { id: 'q', text: query };
  const candidates = { query: asked, items: passages.map((passage) => ({ passage })) };
  const reranker = composeReranker({ program: 'full', comparator });
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const started = performance.now();
    await work();
    return performance.now() - started;
  };
  // The compiler's turns.
  const warm = composeReranker({ program: 'full', comparator: stub(0) });
  for (let turn = 0; turn < 3000; turn++) await warm.rerank(candidates);
  const bare: number[] = [];
  const reranked: number[] = [];
  for (let turn = 0; turn < 120; turn++) {
    const [a, b] = [
      await timed(() => comparator.compare(asked, passages)),
      await timed(() => reranker.rerank(candidates)),
    ];
    if (turn >= 20) {
      bare.push(a);
      reranked.push(b);
    }
  }
  const [comparatorMs, rerankMs] = [median(bare), median(reranked)];
  return { comparatorMs, rerankMs, overheadPercent: (100 * (rerankMs - comparatorMs)) / comparatorMs };
}

/** The least that a server can do: no limits, no queue, no checks. */
async function startBare(comparator: Comparator): Promise<string> {
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { query, documents } = JSON.parse(Buffer.concat(chunks).toString()) as Body;
    const { order } = await comparator.compare(
      { id: 'q', text: query },
      documents.map((text, index) => ({ id: String(index), text })),
    );
    outgoing.setHeader('content-type', 'application/json');
    outgoing.end(JSON.stringify({ results: order.map((index) => ({ index, relevance_score: 0.5 })) }));
  });
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** In a process of its own, so that the load's work is not the server's. */
async function serveHere(kind: string, student: string): Promise<void> {
  const [server, name] = kind.split('/') as ['rankforge' | 'bare', 'stub' | 'student'];
  const comparator = name === 'stub' ? stub(0) : await openStudentComparator(student);
  const reranker = composeReranker({ program: 'full', comparator });
  const url =
    server === 'bare'
      ? await startBare(comparator)
      : (await startRerankServer({ port: 0, reranker, waiting: 1000 })).url;
  process.send!(url);
}

/** So many clients, each asking again once it is answered. */
async function load(url: string, clients: number, body: string, forSeconds: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const ask = () =>
    new Promise<number>((resolve, reject) => {
      const started = performance.now();
      const asking = request(
        `${url}/v2/rerank`,
        {
          method: 'POST',
          agent,
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        },
        (reply) => {
          reply.resume().once('end', () => {
            if (reply.statusCode === 200) resolve(performance.now() - started);
            else reject(new Error(`Status ${reply.statusCode}`));
          });
        },
      );
      asking.once('error', reject).end(body);
    });
  const latencies: number[] = [];
  const started = performance.now();
  const end = started + forSeconds * 1000;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() < end) latencies.push(await ask());
    }),
  );
  const elapsed = (performance.now() - started) / 1000;
  agent.destroy();
  const sorted = latencies.sort((a, b) => a - b);
  const quantile = (q: number) => Number(sorted[Math.floor(q * (sorted.length - 1))]!.toFixed(2));
  return { perSecond: Math.round(latencies.length / elapsed), p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
}

async function measureServer(kind: string, student: string, body: string) {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), ['--serve', kind, student]);
  try {
    const [url] = (await once(child, 'message')) as [string];
    const result: Record<string, Awaited<ReturnType<typeof load>>> = {};
    for (const clients of clientCounts) {
      await load(url, clients, body, 1);
      result[clients] = await load(url, clients, body, seconds);
    }
    return result;
  } finally {
    child.kill('SIGKILL');
  }
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'rankforge-bench-'));
  try {
    const student = process.env.RANKFORGE_BENCH_STUDENT ?? join(folder, 'student');
    if (!process.env.RANKFORGE_BENCH_STUDENT) await trainStudent(student);
    const body = await handbookBody();
    const bytes = JSON.stringify(body);
    await using comparator = await openStudentComparator(student);
    const overhead = {
      [`stub of ${stubLatencyMs} ms`]: await measureOverhead(stub(stubLatencyMs), body),
      student: await measureOverhead(comparator, body),
    };
    const clients: Record<string, unknown> = {};
    for (const kind of ['bare/stub', 'rankforge/stub', 'bare/student', 'rankforge/student']) {
      clients[kind] = await measureServer(kind, student, bytes);
      console.error(kind, JSON.stringify(clients[kind]));
    }
    console.log(
      JSON.stringify({
        documents: depth,
        bodyBytes: Buffer.byteLength(bytes),
        student: comparator.name,
        overhead,
        clients,
      }),
    );
    console.error('overhead', JSON.stringify(overhead));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (process.argv[2] === '--serve') await serveHere(process.argv[3]!, process.argv[4]!);
else await main();
