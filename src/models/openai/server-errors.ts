import { RankforgeError } from '../../core/errors.js';

/** What a server said no with. */
export interface FailedReply {
  readonly status: number;
  readonly message: string;
  /** A server's own name of the error, for instance `context_length_exceeded`. */
  readonly type?: string;
  readonly retryAfter?: string | null;
}

/** A URL for messages: no user, password, query or fragment, which may hold secrets. */
export function publicUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname.replace(/\/+$/, '')}`;
}

/** The URL of a server. @throws RankforgeError `usage` */
export function parseBaseUrl(baseUrl: string): URL {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new RankforgeError('usage', 'The base URL of the server is not a URL', {
    where: baseUrl.replace(/\/\/[^/]*@/, '//').replace(/\?.*/s, ''),
    hint: 'Write it as http://HOST:PORT/v1.',
  });
}

/** What a server says, short and without the secrets that it may repeat: masked before it is cut, or half of one would stay. */
export const quote = (text: string, secrets: readonly (string | undefined)[]): string =>
  secrets
    .reduce<string>((left, secret) => (secret ? left.replaceAll(secret, '***') : left), text)
    .slice(0, 500);

/** Milliseconds that a `Retry-After` header asks for: seconds or an HTTP date. */
export function parseRetryAfter(header: string | null | undefined, now = Date.now()): number | undefined {
  if (!header) return undefined;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1000;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

const contextTypes = /context_length_exceeded|exceed_context_size/;
const contextWords = /maximum context length|exceeds the available context|context (length|window|size)/i;

/** An error status as a typed error. Never holds the request, so never a key. */
export function fromStatus(
  { status, message, type = '', retryAfter }: FailedReply,
  where: string,
): RankforgeError {
  const said = `The server answered ${status}: ${message}`;
  const retryAfterMs = parseRetryAfter(retryAfter);
  if (status === 401 || status === 403) {
    return new RankforgeError('refused-key', said, { where, hint: 'Check the API key and what it may use.' });
  }
  if (status === 429) {
    const spent = /insufficient_quota/.test(type);
    return new RankforgeError('rate-limited', said, {
      where,
      hint: spent
        ? 'The account has no quota left: add some.'
        : 'Lower the requests and tokens per minute, or wait.',
      retryable: !spent,
      retryAfterMs,
    });
  }
  if (status === 408 || status === 504) {
    return new RankforgeError('timeout', said, {
      where,
      hint: 'Try again, or send less at a time.',
      retryable: true,
    });
  }
  if (status >= 500) {
    return new RankforgeError('server-error', said, {
      where,
      hint: "Try again; if it stays, look at the server's log.",
      retryable: true,
      retryAfterMs,
    });
  }
  if (contextTypes.test(type) || (status === 400 && contextWords.test(message))) {
    return new RankforgeError('context-overflow', said, {
      where,
      hint: 'Send fewer or shorter passages at a time.',
    });
  }
  return new RankforgeError('server-error', said, {
    where,
    hint: status === 404 ? 'Check the base URL and the name of the model.' : 'Check what the server accepts.',
  });
}

/** The server was not reached, or the connection broke. */
export function fromConnection(error: unknown, where: string): RankforgeError {
  const cause = rootCause(error);
  const detail = (cause as { code?: string }).code ?? cause.message;
  return new RankforgeError('server-unreachable', `The server was not reached: ${detail}`, {
    where,
    hint: 'Check that the server runs and that the base URL is right.',
    retryable: true,
    cause,
  });
}

function rootCause(error: unknown): Error {
  let inner = error instanceof Error ? error : new Error(String(error));
  while (inner.cause instanceof Error) inner = inner.cause;
  return inner;
}

/** What came is not what was asked for. */
export function badReply(
  what: string,
  where: string,
  { retryable = false, cause }: { retryable?: boolean; cause?: unknown } = {},
): RankforgeError {
  return new RankforgeError('bad-reply', `The server sent ${what}`, {
    where,
    hint: retryable
      ? 'Try again.'
      : 'Check that the base URL is that of an OpenAI-compatible API; it often ends in /v1.',
    retryable,
    cause,
  });
}
