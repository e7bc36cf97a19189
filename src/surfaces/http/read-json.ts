import type { IncomingMessage } from 'node:http';
import type { ByteHold } from './byte-budget.js';
import { jsonShape } from './json-shape.js';
import { Problem } from './problem.js';

export interface BodyLimits {
  /** Bytes of this body. */
  readonly maxBytes: number;
  /** What counts the bytes as they come. */
  readonly hold: ByteHold;
  /** Node's own request, where it is at hand: a web stream of it that is left early closes the connection. */
  readonly incoming?: IncomingMessage | undefined;
}

/**
 * A request's body of JSON, of at most `maxBytes`, unparsed: it takes no more memory than it has bytes.
 * @throws Problem `wrong-type`, `too-large`; `overloaded` where the server holds too many bytes already; `client-gone`
 * for a body that breaks off
 */
export async function readJson(request: Request, { maxBytes, hold, incoming }: BodyLimits): Promise<Buffer> {
  // Browsers send other types across origins without asking: a page must not put this server to work.
  if (!/^application\/([\w.+-]+\+)?json\b/i.test(request.headers.get('content-type') ?? '')) {
    throw new Problem('wrong-type', 'Send the body as application/json');
  }
  // It would be read as JSON that is broken.
  if (!/^(identity)?$/i.test(request.headers.get('content-encoding')?.trim() ?? '')) {
    throw new Problem('wrong-type', 'Send the body without a content-encoding');
  }
  const checkSize = (size: number): void => {
    if (size > maxBytes) throw new Problem('too-large', `The body is larger than ${maxBytes} bytes`);
  };
  // Nothing is held for what is only announced, or whoever announces much and sends nothing would shut others out.
  checkSize(Number(request.headers.get('content-length') ?? 0));
  // Left early, it must not take the connection with it, and the refusal too.
  const body = incoming?.iterator({ destroyOnReturn: false }) ?? request.body ?? [];
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      checkSize(size);
      if (!hold.take(chunk.byteLength))
        throw new Problem('overloaded', 'The server holds too much already', { retryAfter: 1 });
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('client-gone', 'The body broke off', { cause: error });
  }
  return Buffer.concat(chunks);
}

/** Deeper than any document is, and far from what parsing and writing by recursion can do. */
const maxDepth = 100;

/**
 * A body's JSON object.
 * @param maxContainers lists and objects in it
 * @throws Problem `invalid`
 */
export function parseJson(bytes: Buffer, maxContainers: number): Record<string, unknown> {
  const { containers, depth } = jsonShape(bytes);
  if (depth > maxDepth)
    throw new Problem(
      'invalid',
      `The body is nested too deeply: ${depth} lists and objects, of at most ${maxDepth}`,
    );
  if (containers > maxContainers)
    throw new Problem('invalid', `The body has ${containers} lists and objects, more than ${maxContainers}`);
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Problem('invalid', 'The body is not valid JSON in UTF-8');
  }
  if (typeof body === 'object' && body !== null && !Array.isArray(body))
    return body as Record<string, unknown>;
  throw new Problem('invalid', 'The body is not a JSON object');
}
