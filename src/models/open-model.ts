import { existsSync } from 'node:fs';
import { RankforgeError } from '../core/errors.js';
import { unknownName } from '../core/names.js';
import type { JobOptions } from '../core/progress.js';
import type { LanguageModel } from './language-model.js';
import type { ServerFeatures } from './openai/features.js';
import type { Price } from './price.js';
import { type WeightAlias, weightAliases } from './weights/aliases.js';
import { isWeightUri, parseWeightUri } from './weights/uri.js';

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
  checkModelName(name);
  const { scheme, rest } = partsOf(name);
  if (scheme === 'openai') return openServer(rest, options);
  if (scheme === 'huggingface') return openHub(rest, options);
  return openLocal(name, options);
}

/**
 * Whether a name can be a model's, before anything dear is done for it: nothing is opened, fetched or asked.
 * @throws RankforgeError `unknown-name` with the nearest right one; `usage` for weights that are no language model;
 * `missing-file` for a path where there is nothing
 */
export function checkModelName(name: string): void {
  const { scheme } = partsOf(name);
  if (scheme === 'openai' || scheme === 'huggingface') return;
  if (isWeightUri(name)) {
    const parsed = parseWeightUri(name.split('#', 1)[0]!);
    if (parsed.scheme === 'file') checkFile(parsed.path);
  } else if (fileForm.test(name)) checkFile(name);
  else if (scheme !== undefined) throw unknownName(scheme, kinds, 'kind of model');
  else checkAlias(name);
}

/**
 * The same, and whether there is a key for a model behind a server.
 * @throws RankforgeError as `checkModelName`; `refused-key` where there is none
 */
export function checkModel(name: string, options: Pick<OpenModelOptions, 'baseUrl' | 'apiKey'> = {}): void {
  checkModelName(name);
  const { scheme, rest } = partsOf(name);
  if (scheme === 'openai') serverAddress(rest, options);
  if (scheme === 'huggingface') hubAddress(rest, options);
}

function partsOf(name: string): { readonly scheme: string | undefined; readonly rest: string } {
  const [, scheme, rest = name] = /^([a-z]+):(.+)$/.exec(name) ?? [];
  return { scheme, rest };
}

function checkFile(path: string): void {
  if (existsSync(path)) return;
  throw new RankforgeError('missing-file', `There is no such file: ${path}`, {
    where: path,
    hint: 'Check the path.',
  });
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
  const { baseUrl, apiKey } = serverAddress(model, options);
  const { openOpenai } = await import('./openai/openai-model.js');
  return openOpenai({ model, baseUrl, apiKey, ...serverOptions(options) });
}

async function openHub(model: string, options: OpenModelOptions): Promise<LanguageModel> {
  const { baseUrl: endpointUrl, apiKey: token } = hubAddress(model, options);
  const { openHuggingface } = await import('./huggingface/huggingface-model.js');
  return openHuggingface({ model, endpointUrl, token, ...serverOptions(options) });
}

type Address = Pick<OpenModelOptions, 'baseUrl' | 'apiKey'>;

function serverAddress(model: string, options: Address): Address {
  const { OPENAI_BASE_URL, OPENAI_API_KEY } = process.env;
  const { baseUrl = OPENAI_BASE_URL || undefined, apiKey = OPENAI_API_KEY || undefined } = options;
  if (baseUrl || apiKey) return { baseUrl, apiKey };
  throw noKey(`openai:${model}`, 'OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own');
}

function hubAddress(
  model: string,
  { baseUrl, apiKey = process.env.HF_TOKEN || undefined }: Address,
): Address {
  if (baseUrl || apiKey) return { baseUrl, apiKey };
  throw noKey(`huggingface:${model}`, 'HF_TOKEN');
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
