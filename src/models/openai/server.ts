import type { z } from 'zod';
import { RankforgeError } from '../../core/errors.js';
import { packageVersion } from '../../core/version.js';
import { untilDeadline } from './deadline.js';
import { type Answer, exchange } from './exchange.js';
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
  const resolve = (path: string) =>
    `${base.origin}${base.pathname.replace(/\/+$/, '')}${path}`.replace(/(\/v1)?\/\.\.\//, '/') + base.search;
  const secrets = [apiKey, base.password, ...base.searchParams.values()];
  const headers = {
    'content-type': 'application/json',
    'user-agent': `rankforge/${packageVersion}`,
    ...(apiKey && { authorization: `Bearer ${apiKey}` }),
  };

  async function call<T>(
    method: 'GET' | 'POST',
    path: string,
    schema: z.ZodType<T>,
    { body, signal }: { body?: unknown; signal?: AbortSignal },
  ): Promise<T> {
    const url = resolve(path);
    const where = publicUrl(url);
    const answer = await untilDeadline((onStop) => exchange(method, url, { headers, body, onStop }), {
      signal,
      timeoutMs,
      where,
    }).catch((error: unknown) => {
      throw signal?.aborted || error instanceof RankforgeError ? error : fromConnection(error, where);
    });
    if (answer.status < 200 || answer.status > 299) throw failed(answer, where, secrets);
    const reply = readJson(answer, where);
    const parsed = schema.safeParse(reply);
    if (parsed.success) return parsed.data;
    // Some servers answer 200 and put the failure in the body.
    const fault = (reply as { error?: { message?: unknown; code?: unknown } }).error;
    if (fault) {
      const message = quote(String(fault.message ?? JSON.stringify(fault)), secrets);
      throw fromStatus({ status: Number(fault.code) || 500, message }, where);
    }
    const issue = parsed.error.issues[0]!;
    throw badReply(`no usable reply: ${issue.path.join('.') || 'body'}: ${issue.message}`, where);
  }

  return {
    where: publicUrl(base.href),
    post: (path, body, schema, signal) => call('POST', path, schema, { body, signal }),
    get: (path, schema, signal) => call('GET', path, schema, { signal }),
  };
}

/** @throws RankforgeError `bad-reply` */
function readJson({ text, type }: Answer, where: string): object {
  if (text.trim() === '') throw badReply('an empty body', where, { retryable: true });
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch (cause) {
    if (type.includes('json')) throw badReply('what is not JSON', where, { retryable: true, cause });
  }
  throw badReply(/^\s*</.test(text) ? 'HTML instead of JSON' : 'text instead of JSON', where);
}

/** A refusal as a typed error: its message and names, where its body is JSON. */
function failed(
  { status, text, retryAfter, location }: Answer,
  where: string,
  secrets: readonly (string | undefined)[],
): RankforgeError {
  const error = errorOf(text);
  const said = typeof error.message === 'string' ? error.message : text.trim() || 'nothing';
  const message = location ? `look at ${publicUrl(new URL(location, where).href)}` : said;
  return fromStatus(
    {
      status,
      message: /^\s*</.test(message) ? 'an HTML page' : quote(message, secrets),
      type: [error.code, error.type].filter(Boolean).join(' '),
      retryAfter,
    },
    where,
  );
}

function errorOf(text: string): { message?: unknown; code?: unknown; type?: unknown } {
  try {
    const { error, ...rest } = JSON.parse(text);
    return error !== null && typeof error === 'object'
      ? error
      : { ...rest, ...(error && { message: error }) };
  } catch {
    return {};
  }
}
