import type { z } from 'zod';
import { type ErrorDetails, RankforgeError } from '../../../core/errors.js';
import { withDeadline } from '../../../models/openai/deadline.js';
import { fromConnection, fromStatus, publicUrl, quote } from '../../../models/openai/server-errors.js';

export interface EndpointCall<T> {
  readonly url: URL;
  readonly key: string | undefined;
  readonly body: unknown;
  readonly reply: z.ZodType<T>;
  /** For the whole call, in milliseconds. */
  readonly timeoutMs: number;
  /** A longer reply is an error, and is not read to its end. */
  readonly maxReplyBytes: number;
  readonly signal?: AbortSignal;
}

/**
 * One POST of JSON. Redirects are not followed: a key is for the server that was named.
 * @throws RankforgeError `server-unreachable`, `timeout`, `rate-limited`, `refused-key`, `server-error`, `bad-reply`, none with
 * the key in it; the signal's reason
 */
export async function askEndpoint<T>(call: EndpointCall<T>): Promise<T> {
  const { url, signal, timeoutMs } = call;
  const where = publicUrl(url.href);
  return withDeadline((inner) => post(call, where, inner), { signal, timeoutMs, where });
}

async function post<T>(call: EndpointCall<T>, where: string, signal: AbortSignal): Promise<T> {
  const { body, reply: schema, maxReplyBytes } = call;
  const { address, authorization, secrets } = takeCredentials(call);
  const response = await fetch(address, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(authorization ? { authorization } : {}),
    },
    body: JSON.stringify(body),
    redirect: 'manual',
    signal,
  }).catch((error: unknown) => {
    throw signal.aborted ? error : fromConnection(error, where);
  });
  const text = await readText(response, maxReplyBytes, where, signal);
  if (!response.ok) throw failed(response, text, where, secrets);
  if (text.trim() === '') throw badReply('an empty body', where, { retryable: true });
  if (/^\s*</.test(text)) throw badReply('HTML instead of JSON', where);
  const parsed = schema.safeParse(parseJson(text, where));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw badReply(`no ranking: ${issue.path.join('.') || 'body'}: ${issue.message}`, where);
}

/** A user and password of the URL as the header that they stand for: fetch refuses them, and says them in its error. */
function takeCredentials({ url, key }: Pick<EndpointCall<unknown>, 'url' | 'key'>) {
  const { username, password } = url;
  const address = new URL(url);
  address.username = '';
  address.password = '';
  const pair = [username, password].map(decoded).join(':');
  const token = username || password ? Buffer.from(pair).toString('base64') : key;
  const authorization = token && `${token === key ? 'Bearer' : 'Basic'} ${token}`;
  const secrets = [key, token, password, decoded(password), ...url.searchParams.values()];
  return { address, authorization, secrets };
}

/** A part of a URL as it was before it was escaped, or as it is where it never was. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

async function readText(
  response: Response,
  most: number,
  where: string,
  signal: AbortSignal,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    // Leaving the loop early cancels the rest.
    for await (const chunk of response.body ?? []) {
      length += chunk.length;
      if (length > most) throw badReply(`more than ${most} bytes`, where);
      chunks.push(chunk);
    }
  } catch (error) {
    if (signal.aborted || error instanceof RankforgeError) throw error;
    throw badReply('half a body', where, { retryable: true, cause: error });
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badReply('what is not JSON', where, { retryable: true, cause });
  }
}

function failed(
  { status, headers }: Response,
  text: string,
  where: string,
  secrets: readonly (string | undefined)[],
): RankforgeError {
  const retryAfter = headers.get('retry-after');
  return fromStatus({ status, message: quote(messageOf(text), secrets), retryAfter }, where);
}

/** `{message}`, `{detail}`, `{error}`, `{error: {message}}`: each provider has its own. */
function messageOf(text: string): string {
  if (/^\s*</.test(text)) return 'an HTML page';
  try {
    const { message, detail, error } = JSON.parse(text) as Record<string, unknown>;
    const said = message ?? detail ?? (error as { message?: unknown } | null)?.message ?? error ?? text;
    return typeof said === 'string' ? said : JSON.stringify(said);
  } catch {
    return text;
  }
}

/** What came is no answer to a rerank request. */
export const badReply = (
  what: string,
  where: string,
  { retryable = false, ...more }: Pick<ErrorDetails, 'retryable' | 'cause' | 'usage'> = {},
): RankforgeError =>
  new RankforgeError('bad-reply', `The endpoint sent ${what}`, {
    where,
    hint: retryable ? 'Try again.' : 'Check the URL, and that the server speaks the shape that was named.',
    retryable,
    ...more,
  });
