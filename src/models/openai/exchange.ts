import { Agent } from 'undici';
import type { OnStop } from './deadline.js';
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
  readonly onStop: OnStop;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Times are the deadline's, which a server that sends a byte now and then does not put off. */
const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, maxResponseSize: mostBytes });

/**
 * One request and all of its answer, by undici's dispatcher: a stream and a signal for each call would take as long again.
 * @throws RankforgeError `bad-reply` for a body that breaks off or has no end, and undici's errors for a server that is not reached
 */
export function exchange(
  method: 'GET' | 'POST',
  url: string,
  { headers, body, onStop }: Exchange,
): Promise<Answer> {
  const { origin, pathname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    let stopped: { readonly reason: unknown } | undefined;
    let abort = (_reason: Error) => {};
    onStop((reason) => {
      stopped = { reason };
      abort(reason as Error);
    });
    let status = 0;
    let received: Headers = {};
    const chunks: Buffer[] = [];
    agent.dispatch(
      {
        origin,
        path: pathname + search,
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
      },
      {
        // A call that waits for a connection is stopped when it gets one.
        onRequestStart(controller) {
          abort = (reason) => controller.abort(reason);
          if (stopped) abort(stopped.reason as Error);
        },
        onResponseStart(_controller, code, all) {
          // Below 200 a server tells that the answer is yet to come.
          if (code >= 200) [status, received] = [code, all];
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk);
        },
        onResponseEnd() {
          const header = (name: string): string | undefined => [received[name]].flat()[0];
          resolve({
            status,
            text: decode(chunks),
            type: header('content-type') ?? '',
            retryAfter: header('retry-after'),
            location: header('location'),
          });
        },
        onResponseError(_controller, error) {
          reject(stopped || status === 0 ? error : brokenOff(error, url));
        },
      },
    );
  });
}

/** Without the mark of byte order that some servers put first. */
const decode = (chunks: readonly Buffer[]): string =>
  Buffer.concat(chunks)
    .toString()
    .replace(/^\uFEFF/, '');

const brokenOff = (error: Error & { code?: string }, url: string): Error =>
  error.code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE'
    ? badReply(`more than ${mostBytes} bytes`, publicUrl(url))
    : badReply(`half a body (${error.message})`, publicUrl(url), { retryable: true, cause: error });
