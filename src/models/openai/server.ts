import OpenAI, { APIConnectionError, APIError } from 'openai';
import type { z } from 'zod';
import { RankforgeError } from '../../core/errors.js';
import { withDeadline } from './deadline.js';
import { badReply, fromConnection, fromStatus, parseBaseUrl, publicUrl, quote } from './server-errors.js';

export interface ServerOptions {
  readonly baseUrl: string;
  readonly apiKey?: string;
  /** @default 300000 */
  readonly timeoutMs?: number;
}

/** One server, spoken to in JSON; every failure is a RankforgeError without the key. */
export interface Server {
  /** The base URL without secrets. */
  readonly where: string;
  /** @param path under the base URL, or `/../path` beside its `/v1` */
  post<T>(path: string, body: unknown, reply: z.ZodType<T>, signal?: AbortSignal): Promise<T>;
  get<T>(path: string, reply: z.ZodType<T>, signal?: AbortSignal): Promise<T>;
}

/** A client of a server. Retries are left to the limits in front of the model, which know of all calls. */
export function createServer({ baseUrl, apiKey, timeoutMs = 300_000 }: ServerOptions): Server {
  const base = parseBaseUrl(baseUrl);
  const client = new OpenAI({
    baseURL: base.href,
    // The client demands one; servers without keys ignore it.
    apiKey: apiKey || 'none',
    maxRetries: 0,
    timeout: timeoutMs,
    logLevel: 'off',
  });
  const resolve = (path: string) =>
    `${base.origin}${base.pathname.replace(/\/+$/, '')}${path}`.replace(/(\/v1)?\/\.\.\//, '/') + base.search;
  const secrets = [apiKey, base.password, ...base.searchParams.values()];

  async function call<T>(
    method: 'get' | 'post',
    path: string,
    schema: z.ZodType<T>,
    { body, signal }: { body?: unknown; signal?: AbortSignal },
  ): Promise<T> {
    const url = resolve(path);
    const where = publicUrl(url);
    const reply = await withDeadline((inner) => client[method]<unknown>(url, { body, signal: inner }), {
      signal,
      timeoutMs,
      where,
    }).catch((error: unknown) => {
      throw signal?.aborted ? error : typed(error, where, secrets);
    });
    if (reply === undefined || reply === null || reply === '')
      throw badReply('an empty body', where, { retryable: true });
    if (typeof reply === 'string') {
      throw badReply(/^\s*</.test(reply) ? 'HTML instead of JSON' : 'text instead of JSON', where);
    }
    const parsed = schema.safeParse(reply);
    if (parsed.success) return parsed.data;
    // Some servers answer 200 and put the failure in the body.
    const failed = (reply as { error?: { message?: unknown; code?: unknown } }).error;
    if (failed) {
      const message = quote(String(failed.message ?? JSON.stringify(failed)), secrets);
      throw fromStatus({ status: Number(failed.code) || 500, message }, where);
    }
    const issue = parsed.error.issues[0]!;
    throw badReply(`no usable reply: ${issue.path.join('.') || 'body'}: ${issue.message}`, where);
  }

  return {
    where: publicUrl(base.href),
    post: (path, body, schema, signal) => call('post', path, schema, { body, signal }),
    get: (path, schema, signal) => call('get', path, schema, { signal }),
  };
}

function typed(error: unknown, where: string, secrets: readonly (string | undefined)[]): unknown {
  if (error instanceof RankforgeError) return error;
  if (error instanceof APIConnectionError) return fromConnection(error, where);
  if (error instanceof APIError && error.status !== undefined) {
    const { message, type } = (error.error ?? {}) as { message?: unknown; type?: unknown };
    const text = typeof message === 'string' ? message : error.message.replace(/^\d+\s*/, '');
    return fromStatus(
      {
        status: error.status,
        message: /^\s*</.test(text) ? 'an HTML page' : quote(text, secrets),
        type: [error.code, error.type, type].filter(Boolean).join(' '),
        retryAfter: error.headers?.get('retry-after') ?? null,
      },
      where,
    );
  }
  if (error instanceof SyntaxError)
    return badReply('what is not JSON', where, { retryable: true, cause: error });
  // undici's word for a body that ended before its length.
  if (error instanceof TypeError)
    return badReply(`half a body (${error.message})`, where, { retryable: true, cause: error });
  return error;
}
