import { Problem } from './problem.js';

/**
 * A request's JSON object, of at most `limit` bytes.
 * @throws Problem `wrong-type`, `too-large`, `invalid`; `client-gone` for a body that breaks off
 */
export async function readJson(request: Request, limit: number): Promise<Record<string, unknown>> {
  // Browsers send other types across origins without asking: a page must not put this server to work.
  if (!/^application\/([\w.+-]+\+)?json\b/i.test(request.headers.get('content-type') ?? '')) {
    throw new Problem('wrong-type', 'Send the body as application/json');
  }
  // It would be read as JSON that is broken.
  if (!/^(identity)?$/i.test(request.headers.get('content-encoding')?.trim() ?? '')) {
    throw new Problem('wrong-type', 'Send the body without a content-encoding');
  }
  let body: unknown;
  try {
    const bytes = await readBytes(request, limit);
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('invalid', 'The body is not valid JSON in UTF-8');
  }
  if (typeof body === 'object' && body !== null && !Array.isArray(body))
    return body as Record<string, unknown>;
  throw new Problem('invalid', 'The body is not a JSON object');
}

async function readBytes(request: Request, limit: number): Promise<ArrayBuffer | Uint8Array> {
  const tooLarge = () => new Problem('too-large', `The body is larger than ${limit} bytes`);
  const { headers } = request;
  try {
    if (headers.has('content-length') && !headers.has('transfer-encoding')) {
      // Node cuts a body off at the length that it was announced with.
      if (Number(headers.get('content-length')) > limit) throw tooLarge();
      return await request.arrayBuffer();
    }
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength;
      if (size > limit) throw tooLarge();
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('client-gone', 'The body broke off', { cause: error });
  }
}
