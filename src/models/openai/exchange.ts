import { Agent, request } from 'undici';
import { badReply, publicUrl } from './server-errors.js';

/** Of a reply: far more than any model writes, and too little to fill the memory. */
const mostBytes = 64 * 2 ** 20;

/** What came back, whatever its status. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly type: string;
  readonly retryAfter?: string;
  readonly location?: string;
}

interface Exchange {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

/** Times are the deadline's, which a server that sends a byte now and then does not put off. */
const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, maxResponseSize: mostBytes });

/**
 * One request and all of its answer, by undici itself, which takes a third of fetch's time.
 * @throws RankforgeError `bad-reply` for a body that breaks off or has no end, and undici's errors for a server that is not reached
 */
export async function exchange(
  method: 'GET' | 'POST',
  url: string,
  { headers, body, signal }: Exchange,
): Promise<Answer> {
  const response = await request(url, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
    dispatcher: agent,
  });
  const header = (name: string): string | undefined => [response.headers[name]].flat()[0];
  try {
    return {
      status: response.statusCode,
      text: await response.body.text(),
      type: header('content-type') ?? '',
      retryAfter: header('retry-after'),
      location: header('location'),
    };
  } catch (error) {
    if (signal.aborted) throw error;
    const { code, message } = error as { code?: string; message: string };
    if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE')
      throw badReply(`more than ${mostBytes} bytes`, publicUrl(url));
    throw badReply(`half a body (${message})`, publicUrl(url), { retryable: true, cause: error });
  }
}
