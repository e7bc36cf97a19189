import { InferenceClient, InferenceClientProviderApiError } from '@huggingface/inference';
import { RankforgeError } from '../../core/errors.js';
import { withDeadline } from '../openai/deadline.js';
import type { Server } from '../openai/server.js';
import {
  badReply,
  fromConnection,
  fromStatus,
  parseBaseUrl,
  publicUrl,
  quote,
} from '../openai/server-errors.js';

export interface HuggingfaceServerOptions {
  readonly endpointUrl?: string;
  readonly provider?: string;
  readonly token?: string;
  readonly timeoutMs: number;
}

type ChatArguments = Parameters<InferenceClient['chatCompletion']>[0];

/** Hugging Face's client in the place of a server: it knows providers and how each is reached. */
export function createHuggingfaceServer({
  endpointUrl,
  provider,
  token,
  timeoutMs,
}: HuggingfaceServerOptions): Server {
  const client = new InferenceClient(token);
  const where = endpointUrl ? publicUrl(parseBaseUrl(endpointUrl).href) : `huggingface:${provider ?? 'auto'}`;
  return {
    where,
    async post(_path, body, schema, signal) {
      // The client's errors carry no headers of the reply, and carry those of the request, with the token.
      let retryAfter: string | null = null;
      const watchingFetch: typeof fetch = async (...request) => {
        const response = await fetch(...request);
        retryAfter = response.headers.get('retry-after');
        return response;
      };
      const parameters = {
        ...(body as ChatArguments),
        ...(endpointUrl ? { endpointUrl } : { provider: provider ?? 'auto' }),
      } as ChatArguments;
      const reply = await withDeadline(
        (inner): Promise<unknown> =>
          client.chatCompletion(parameters, { signal: inner, fetch: watchingFetch, retry_on_error: false }),
        { signal, timeoutMs, where },
      ).catch((error: unknown) => {
        throw signal?.aborted ? error : typed(error, { where, token, retryAfter });
      });
      const parsed = schema.safeParse(reply);
      if (parsed.success) return parsed.data;
      const issue = parsed.error.issues[0]!;
      throw badReply(`no usable reply: ${issue.path.join('.') || 'body'}: ${issue.message}`, where);
    },
    get: () =>
      Promise.reject(
        new RankforgeError('server-error', "Hugging Face's client has no such route", {
          where,
          hint: 'Use the chat route.',
        }),
      ),
  };
}

function typed(
  error: unknown,
  { where, token, retryAfter }: { where: string; token: string | undefined; retryAfter: string | null },
): unknown {
  if (error instanceof RankforgeError) return error;
  if (error instanceof InferenceClientProviderApiError) {
    const { status, body } = error.httpResponse;
    const said = typeof body === 'string' ? body : JSON.stringify(body);
    const message = /^\s*</.test(said) ? 'an HTML page' : quote(said, [token]);
    return fromStatus({ status, message, type: said, retryAfter }, where);
  }
  if (!(error instanceof Error)) return error;
  if (error.name.startsWith('InferenceClient')) return badReply('a reply that is no chat completion', where);
  if (error instanceof SyntaxError)
    return badReply('what is not JSON', where, { retryable: true, cause: error });
  if (error instanceof TypeError) {
    // undici: "fetch failed" where nothing came, "terminated" where the body broke off.
    return error.message === 'terminated'
      ? badReply('half a body', where, { retryable: true, cause: error })
      : fromConnection(error, where);
  }
  return error;
}
