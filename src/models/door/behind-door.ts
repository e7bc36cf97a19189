import { RankforgeError } from '../../core/errors.js';
import { noUsage, type Usage } from '../../core/usage.js';
import type { CallOptions, GenerateRequest, LanguageModel, Message } from '../language-model.js';
import type { Budget } from './budget.js';
import { createFlights } from './flights.js';
import type { Ledger } from './ledger.js';
import type { Limits } from './limits.js';
import type { Meter } from './meter.js';
import { type KeyedCall, type ModelOperation, requestKey } from './request-key.js';

export interface Door {
  readonly ledger?: Ledger;
  readonly budget?: Budget;
  readonly limits?: Limits;
  /** Counts everything that goes through, cached calls included. */
  readonly meter?: Meter;
  /** Replay: what the ledger does not hold is an error, and the model is never called. @default false */
  readonly ledgerOnly?: boolean;
}

interface Reply {
  readonly usage: Usage;
}

interface Call<R> {
  readonly operation: ModelOperation;
  readonly request: unknown;
  readonly sample?: number;
  readonly messages: readonly Message[];
  /** The most tokens the reply can take. */
  readonly maxTokens: number;
  readonly perform: (options: CallOptions) => Promise<R>;
}

const cachedUsage: Usage = { ...noUsage, calls: 1, cachedCalls: 1 };

/**
 * The same model, each call going through ledger → budget → limits → model. Replies carry their ledger key; one that
 * the ledger or an equal call under way answered has `cachedCalls` 1 and no tokens. Equal calls made at once reach
 * the model once. Disposing it disposes the model, not the ledger.
 */
export function behindDoor(model: LanguageModel, door: Door): LanguageModel {
  const { ledger, budget, limits, meter, ledgerOnly = false } = door;
  const flights = createFlights<Reply>();

  async function call<R extends Reply>(call: Call<R>, signal?: AbortSignal): Promise<R & { key: string }> {
    signal?.throwIfAborted();
    const { operation, request, sample = 0 } = call;
    const keyed: KeyedCall = { model: model.id, operation, request, sample };
    const key = requestKey(keyed);
    const stored = ledger?.get(key)?.reply as R | undefined;
    if (stored) {
      meter?.add(cachedUsage);
      return { ...stored, usage: cachedUsage, key };
    }
    if (ledgerOnly) throw notInLedger(keyed, key, ledger);
    const { value, first } = await flights.share(key, (shared) => ask(call, keyed, key, shared), signal);
    const usage = first ? value.usage : cachedUsage;
    meter?.add(usage);
    return { ...(value as R), usage, key };
  }

  async function ask<R extends Reply>(
    call: Call<R>,
    keyed: KeyedCall,
    key: string,
    signal: AbortSignal,
  ): Promise<R> {
    const countsTokens = budget?.countsTokens || limits?.countsTokens;
    const promptTokens = countsTokens ? model.countTokens(call.messages) : 0;
    const reservation = await budget?.admit(promptTokens, signal);
    let written: Promise<void> | undefined;
    const perform = async (): Promise<R> => {
      const reply = await call.perform({ signal });
      reservation?.settle(reply.usage);
      // Begun here, so that an answer that was paid for is kept even when the caller has left; awaited below, so
      // that no slot of the server is held during a flush.
      written = ledger?.put(key, { ...keyed, reply });
      written?.catch(() => {});
      return reply;
    };
    try {
      const reply = limits
        ? await limits.run(perform, {
            signal,
            tokens: promptTokens + call.maxTokens,
            usedTokens: ({ usage }) => usage.promptTokens + usage.outputTokens,
          })
        : await perform();
      await written;
      return reply;
    } finally {
      reservation?.release();
    }
  }

  return {
    id: model.id,
    contextSize: model.contextSize,
    capabilities: model.capabilities,
    countTokens: (input) => model.countTokens(input),
    tellsApart: (replies) => model.tellsApart(replies),
    generate: (request, { signal } = {}) =>
      call(
        {
          operation: 'generate',
          request: canonicalGenerate(request),
          sample: request.sample ?? 0,
          messages: request.messages,
          maxTokens: request.maxTokens,
          perform: (options) => model.generate(request, options),
        },
        signal,
      ),
    nextToken: (request, { signal } = {}) =>
      call(
        {
          operation: 'nextToken',
          request,
          messages: request.messages,
          maxTokens: 1,
          perform: (options) => model.nextToken(request, options),
        },
        signal,
      ),
    likelihood: (request, { signal } = {}) =>
      call(
        {
          operation: 'likelihood',
          request,
          messages: [...request.messages, { role: 'assistant', content: request.continuation }],
          maxTokens: 0,
          perform: (options) => model.likelihood(request, options),
        },
        signal,
      ),
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}

/** Defaults written out and empties left out, so that equal requests share a key however they were spelt. */
function canonicalGenerate({ sample: _, prefill, stop, temperature = 0, ...rest }: GenerateRequest): unknown {
  return { ...rest, temperature, prefill: prefill || undefined, stop: stop?.length ? stop : undefined };
}

function notInLedger({ model, operation }: KeyedCall, key: string, ledger?: Ledger): RankforgeError {
  return new RankforgeError('unknown-id', `The ledger holds no reply to this ${operation} call of ${model}`, {
    where: `${ledger?.folder ?? 'no ledger'}, key ${key}`,
    hint: 'Replay the run with the settings it was recorded with, or allow calls to the model.',
  });
}
