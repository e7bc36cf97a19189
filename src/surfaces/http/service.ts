import { randomUUID } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import type { KeyCheck } from './api-keys.js';
import { type ByteHold, createByteBudget } from './byte-budget.js';
import { isLoopbackName } from './loopback.js';
import { Problem, type ProblemKind, problemStatus, toProblem } from './problem.js';
import type { FieldNames } from './spell-field.js';

/** One answered request, for a log: nothing in it is from the client but a well-formed request id. */
export interface RequestEntry {
  readonly time: string;
  readonly id: string;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly milliseconds: number;
  readonly shape?: string;
  readonly documents?: number;
  readonly calls?: number;
  readonly tokens?: number;
  readonly warnings?: readonly string[];
  /** Code of the error, and never its message. */
  readonly error?: string;
}

export interface ServiceOptions {
  /** @default every request passes */
  readonly checkKey?: KeyCheck;
  /** Serves only who asks for this machine by a loopback name, as no page does that reached it by another. @default false */
  readonly loopbackOnly?: boolean;
  readonly onRequest?: (entry: RequestEntry) => void;
  /** What was behind a failure of the model or of this code, for whoever runs the server. It may hold texts of the client. */
  readonly onFailure?: (cause: unknown, id: string) => void;
}

/** What a request's handler knows of it. */
interface ServiceEnv {
  /** There under `listen`, and not in every server that the app may be mounted in. */
  Bindings: Partial<HttpBindings>;
  Variables: {
    id: string;
    /** Aborts with a Problem: the client is gone, its time is up, or the server stops. */
    signal: AbortSignal;
    /** Counts what it has in memory, until the answer has left or the connection closed. */
    hold: ByteHold;
    entry: Partial<RequestEntry>;
    /** How a problem is told, once it is known whose request it is. */
    spelling: Spelling;
  };
}

/** How one API tells a problem. */
export interface Spelling {
  /** What it calls what hints name. */
  readonly fields?: FieldNames;
  status(kind: ProblemKind): number;
  fail(problem: Problem, id: string): unknown;
}

const plain: Spelling = {
  status: (kind) => problemStatus[kind],
  fail: ({ message, kind }, id) => ({ id, error: { code: kind, message } }),
};

export interface Service {
  readonly app: Hono<ServiceEnv>;
  /** From now on new requests are refused and `/ready` says no. */
  beginStop(): void;
  /** Aborts what still runs. */
  abort(): void;
}

/** Probes need no key: what asks them has none. */
const open = new Set(['/health', '/ready']);

/**
 * What every server of ours has: request ids, a log, keys, `/health` and `/ready`, time limits, and problems told in the
 * spelling of whose API was asked.
 * @param routes known paths; others are one route, "other", in log and metrics
 * @param timeLimit milliseconds a request may take, waiting included
 * @param maxTotalBytes bytes of all requests and answers that may be held at once
 */
export function createService(
  { checkKey, loopbackOnly = false, onRequest, onFailure }: ServiceOptions,
  {
    routes,
    timeLimit,
    maxTotalBytes,
    spellings = {},
  }: {
    routes: readonly string[];
    timeLimit: number;
    maxTotalBytes: number;
    spellings?: Readonly<Record<string, Spelling>>;
  },
): Service {
  const app = new Hono<ServiceEnv>();
  const known = new Set([...routes, ...open]);
  const active = new Set<AbortController>();
  const budget = createByteBudget(maxTotalBytes);
  let stopping = false;

  app.use('*', async (context, next) => {
    const started = performance.now();
    const { path, method } = context.req;
    const asked = context.req.header('x-request-id');
    const id = asked && /^[\w.:-]{1,128}$/.test(asked) ? asked : randomUUID();
    const control = new AbortController();
    const { signal: client } = context.req.raw;
    const onGone = () => control.abort(new Problem('client-gone', 'The client closed the connection'));
    client.addEventListener('abort', onGone, { once: true });
    const timer = setTimeout(
      () => control.abort(new Problem('timeout', `Not done within ${timeLimit / 1000} s`)),
      timeLimit,
    );
    active.add(control);
    const hold = budget.hold();
    const outgoing = context.env?.outgoing;
    outgoing?.once('close', hold.release);
    context.set('id', id);
    context.set('signal', control.signal);
    context.set('hold', hold);
    context.set('entry', {});
    context.set('spelling', spellings[path] ?? plain);
    try {
      await next();
    } finally {
      clearTimeout(timer);
      client.removeEventListener('abort', onGone);
      active.delete(control);
      if (!outgoing) hold.release();
    }
    context.header('x-request-id', id);
    if (stopping) context.header('connection', 'close');
    onRequest?.({
      time: new Date().toISOString(),
      id,
      method: knownMethods.has(method) ? method : 'other',
      route: known.has(path) ? path : 'other',
      status: context.res.status,
      milliseconds: performance.now() - started,
      ...context.get('entry'),
    });
  });

  app.use('*', async (context, next) => {
    if (loopbackOnly) checkLoopback(context.req.header('host'), context.req.header('origin'));
    if (!open.has(context.req.path)) {
      if (stopping) throw new Problem('stopping', 'The server is stopping', { retryAfter: 1 });
      if (checkKey && !checkKey(context.req.header('authorization')))
        throw new Problem('unauthorised', 'Invalid or missing API key');
    }
    await next();
  });

  app.get('/health', (context) => context.json({ status: 'ok' }));
  app.get('/ready', (context) =>
    stopping ? context.json({ status: 'stopping' }, 503) : context.json({ status: 'ready' }),
  );
  app.notFound((context) => {
    const { path } = context.req;
    return known.has(path)
      ? tell(context, new Problem('wrong-method', `${path} does not take this method`), allowed(path))
      : tell(context, new Problem('not-found', 'There is no such route'));
  });
  app.onError((error, context) => {
    // Whatever an aborted piece of work throws, it is because of the abort.
    const { aborted, reason } = context.get('signal');
    const problem = toProblem(aborted ? reason : error, context.get('spelling').fields);
    if (problem.cause !== undefined && !aborted) onFailure?.(problem.cause, context.get('id'));
    return tell(context, problem);
  });
  // A GET route answers HEAD too.
  const allowed = (path: string): Record<string, string> => {
    const methods = app.routes.filter((route) => route.path === path).map(({ method }) => method);
    return {
      allow: [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : method)))].join(
        ', ',
      ),
    };
  };
  return {
    app,
    beginStop: () => {
      stopping = true;
    },
    abort: () => {
      for (const control of active)
        control.abort(new Problem('stopping', 'The server stopped', { retryAfter: 1 }));
    },
  };
}

const knownMethods = new Set(['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']);

function tell(
  context: Context<ServiceEnv>,
  problem: Problem,
  more: Readonly<Record<string, string>> = {},
): Response {
  const { status, fail } = context.get('spelling');
  const id = context.get('id');
  Object.assign(context.get('entry'), { error: problem.code });
  const headers: Record<string, string> = { 'content-type': 'application/json', ...more };
  if (problem.retryAfter !== undefined) headers['retry-after'] = String(problem.retryAfter);
  if (problem.kind === 'unauthorised') headers['www-authenticate'] = 'Bearer';
  return new Response(JSON.stringify(fail(problem, id)), { status: status(problem.kind), headers });
}

/** A page on the web can reach a loopback port, through a name that it points there; but not under a loopback name. */
function checkLoopback(host: string | undefined, origin: string | undefined): void {
  const names = [`http://${host}`, ...(origin === undefined ? [] : [origin])];
  if (names.every((url) => URL.canParse(url) && isLoopbackName(new URL(url).hostname))) return;
  throw new Problem('forbidden', 'Without an API key this server answers requests to a loopback name alone');
}
