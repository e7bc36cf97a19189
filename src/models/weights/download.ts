import { RankforgeError } from '../../core/errors.js';
import { withoutSecrets } from './uri.js';

/** Bytes on their way, from an offset of the file on. */
export interface ByteStream {
  readonly offset: number;
  /** Size of the whole file, where it is known. */
  readonly total?: number;
  /** What the server calls this version: an ETag, or a date. */
  readonly etag?: string;
  readonly blocks: AsyncIterable<Uint8Array>;
}

export interface DownloadOptions {
  /** First byte wanted. @default 0 */
  readonly from?: number;
  /** Version that the bytes before `from` came from; without it the file is read from its start. */
  readonly etag?: string;
  readonly token?: string;
  readonly signal?: AbortSignal;
}

// A server that sends nothing for this long is taken for gone: another source may answer.
const stallMs = 60_000;

/**
 * Starts an HTTP download, from an offset where the server can and the version is still the same.
 * @throws RankforgeError `download-failed`, `retryable` where trying again may help; the signal's reason
 */
export async function startDownload(url: string, options: DownloadOptions): Promise<ByteStream> {
  const { from = 0, etag, token, signal } = options;
  const where = withoutSecrets(url);
  const stall = new AbortController();
  const both = signal ? AbortSignal.any([signal, stall.signal]) : stall.signal;
  let timer = setTimeout(() => stall.abort(), stallMs);
  const fail = (error: unknown): unknown => {
    clearTimeout(timer);
    if (signal?.aborted) return signal.reason;
    if (error instanceof RankforgeError) return error;
    return new RankforgeError(
      'download-failed',
      `${where}: ${stall.signal.aborted ? 'the server stopped sending' : reasonOf(error)}`,
      {
        where,
        hint: 'Check the network and run it again: it resumes.',
        retryable: !unreachable.has(codeOf(error) ?? ''),
        cause: error,
      },
    );
  };
  try {
    const { address, authorization } = takeCredentials(url, token);
    const response = await fetch(address, {
      headers: {
        // Compressed bytes could not be resumed.
        'accept-encoding': 'identity',
        ...(from > 0 && etag ? { range: `bytes=${from}-`, 'if-range': etag } : {}),
        ...(authorization ? { authorization } : {}),
      },
      signal: both,
    });
    if (response.status === 416 && from > 0) {
      await response.body?.cancel();
      clearTimeout(timer);
      // Stopped after its last byte and before it was in its place: nothing is left to send.
      if (response.headers.get('content-range') === `bytes */${from}`)
        return { offset: from, total: from, etag, blocks: nothing() };
      return await startDownload(url, { token, signal });
    }
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      throw new RankforgeError('download-failed', `${where}: the server answered ${response.status}`, {
        where,
        hint:
          response.status === 401 || response.status === 403
            ? 'Set HF_TOKEN to a token that may read it.'
            : 'Check the address.',
        retryable: response.status >= 500 || response.status === 429,
      });
    }
    if (/^text\/html/i.test(response.headers.get('content-type') ?? '')) {
      await response.body.cancel();
      throw new RankforgeError('download-failed', `${where}: the server answered with a web page`, {
        where,
        hint: 'A proxy or a login page is in the way, or the address is wrong.',
      });
    }
    const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '');
    const resumed = response.status === 206 && range !== null && Number(range[1]) === from;
    if (response.status === 206 && !resumed) {
      await response.body.cancel();
      throw new RankforgeError('download-failed', `${where}: the server sent another part than asked for`, {
        where,
        hint: 'Use another source.',
      });
    }
    const length = response.headers.get('content-length');
    const total = resumed ? Number(range[2]) : length === null ? undefined : Number(length);
    const tag = response.headers.get('etag');
    // A weak tag does not promise equal bytes.
    const version = tag && !tag.startsWith('W/') ? tag : response.headers.get('last-modified');
    // Node's response bodies can be iterated, which the DOM's type does not say.
    const body = response.body as unknown as AsyncIterable<Uint8Array>;
    const blocks = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for await (const block of body) {
          clearTimeout(timer);
          timer = setTimeout(() => stall.abort(), stallMs);
          yield block;
        }
      } catch (error) {
        throw fail(error);
      } finally {
        clearTimeout(timer);
      }
    };
    return {
      offset: resumed ? from : 0,
      total,
      etag: version ?? undefined,
      blocks: blocks(),
    };
  } catch (error) {
    throw fail(error);
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** A user and password of the address as the header that they stand for: fetch refuses them, and says them in its error. */
function takeCredentials(url: string, token?: string): { address: URL; authorization: string | undefined } {
  const address = new URL(url);
  const { username, password } = address;
  address.username = '';
  address.password = '';
  if (!username && !password) return { address, authorization: token && `Bearer ${token}` };
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { address, authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

// Nobody is there: trying the same address again at once does not help.
const unreachable = new Set([
  'ENOTFOUND',
  'ECONNREFUSED',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function codeOf(error: unknown): string | undefined {
  const inner = (error as { cause?: unknown } | null)?.cause ?? error;
  return (inner as { code?: string } | null)?.code;
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the host is not known here';
  if (code === 'ECONNREFUSED') return 'the connection was refused';
  return `the connection broke off${code ? ` (${code})` : ''}`;
}
