import { RankforgeError } from '../core/errors.js';
import { unknownName } from '../core/names.js';
import type { JobOptions } from '../core/progress.js';
import type { LanguageModel } from './language-model.js';
import type { ServerFeatures } from './openai/features.js';
import type { Price } from './price.js';
import { type WeightAlias, weightAliases } from './weights/aliases.js';
import { isWeightUri } from './weights/uri.js';

export interface OpenModelOptions extends JobOptions {
  /** Tokens, prompt and reply together. @default the model's or the adapter's own */
  readonly contextSize?: number;
  /** Local models: threads of an evaluation. @default the physical cores */
  readonly threads?: number;
  /** Local models: whether to use a GPU. @default 'auto' */
  readonly gpu?: 'auto' | false;
  /** Local models: where weights are kept. @default RANKFORGE_HOME, or `.cache/rankforge` in the user's home */
  readonly cacheDir?: string;
  /** Servers. @default OPENAI_BASE_URL, else OpenAI's; for `huggingface:` the hub's router */
  readonly baseUrl?: string;
  /** Servers. @default OPENAI_API_KEY, for `huggingface:` HF_TOKEN */
  readonly apiKey?: string;
  /** Servers: for one call, in milliseconds. @default 300000 */
  readonly timeoutMs?: number;
  /** Servers: what tokens cost, for usage and budgets in US dollars. */
  readonly price?: Price;
  /** Servers: what they can do, where they should not be asked. */
  readonly features?: ServerFeatures;
}

const kinds = ['openai', 'huggingface', 'file', 'hf', 'https', 'pypi', 'npm'];
const fileForm = /[\\/]|\.gguf$/;

/**
 * A language model by name: an alias of weights, a weights URI or a path to a GGUF file (run in this process by
 * llama.cpp), `openai:MODEL` (any compatible server) or `huggingface:MODEL`.
 * @throws RankforgeError `unknown-name` with the nearest right one; `usage` for weights that are no language model; whatever opening it throws
 */
export async function openModel(name: string, options: OpenModelOptions = {}): Promise<LanguageModel> {
  const [, scheme, model] = /^([a-z]+):(.+)$/.exec(name) ?? [];
  if (scheme === 'openai') return openServer(model!, options);
  if (scheme === 'huggingface') return openHub(model!, options);
  if (isWeightUri(name) || fileForm.test(name)) return openLocal(name, options);
  if (scheme !== undefined) throw unknownName(scheme, kinds, 'kind of model');
  checkAlias(name);
  return openLocal(name, options);
}

function checkAlias(name: string): void {
  const aliases: Readonly<Record<string, WeightAlias>> = weightAliases;
  const languageModels = Object.keys(aliases).filter((alias) => isGguf(aliases[alias]!));
  if (languageModels.includes(name)) return;
  if (!Object.hasOwn(aliases, name)) throw unknownName(name, languageModels, 'model');
  throw new RankforgeError('usage', `${name} is not a language model`, {
    where: name,
    hint: `Use one of ${languageModels.join(', ')}.`,
  });
}

const isGguf = ({ files }: WeightAlias): boolean => files.some((file) => file.name.endsWith('.gguf'));

async function openLocal(name: string, options: OpenModelOptions): Promise<LanguageModel> {
  const { cacheDir, signal, onProgress, contextSize, threads, gpu } = options;
  const { resolveWeights } = await import('./weights/resolve.js');
  const { openLlama } = await import('./llama/llama-model.js');
  const weights = await resolveWeights(name, { cacheDir, signal, onProgress });
  return openLlama({ weights, contextSize, threads, gpu, signal });
}

async function openServer(model: string, options: OpenModelOptions): Promise<LanguageModel> {
  const { OPENAI_BASE_URL, OPENAI_API_KEY } = process.env;
  const { baseUrl = OPENAI_BASE_URL || undefined, apiKey = OPENAI_API_KEY || undefined } = options;
  if (!baseUrl && !apiKey)
    throw noKey(`openai:${model}`, 'OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own');
  const { openOpenai } = await import('./openai/openai-model.js');
  return openOpenai({ model, baseUrl, apiKey, ...serverOptions(options) });
}

async function openHub(model: string, options: OpenModelOptions): Promise<LanguageModel> {
  const { baseUrl: endpointUrl, apiKey: token = process.env.HF_TOKEN || undefined } = options;
  if (!endpointUrl && !token) throw noKey(`huggingface:${model}`, 'HF_TOKEN');
  const { openHuggingface } = await import('./huggingface/huggingface-model.js');
  return openHuggingface({ model, endpointUrl, token, ...serverOptions(options) });
}

const serverOptions = ({ contextSize, timeoutMs, price, features, signal }: OpenModelOptions) => ({
  contextSize,
  timeoutMs,
  price,
  features,
  signal,
});

const noKey = (where: string, variable: string): RankforgeError =>
  new RankforgeError('refused-key', 'There is no key for the server', { where, hint: `Set ${variable}.` });
