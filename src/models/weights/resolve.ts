import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve as resolvePath } from 'node:path';
import { fromFileError, RankforgeError } from '../../core/errors.js';
import { sha256 } from '../../core/hash.js';
import { makeFolder } from '../../core/make-folder.js';
import { lookUp } from '../../core/names.js';
import type { JobOptions } from '../../core/progress.js';
import { type WeightAlias, weightAliases } from './aliases.js';
import { cacheFolder } from './cache.js';
import { fetchFile, type WantedFile } from './fetch-file.js';
import { withLock } from './lock.js';
import { PackageShelf } from './package-shelf.js';
import { isWeightUri, parseWeightUri } from './uri.js';
import { hashFile, readVerified, rememberedHash, type VerifiedFiles, writeVerified } from './verified.js';

/** Weights on this machine, checked. */
export interface Weights {
  /** The alias, or the file's name. */
  readonly id: string;
  /** The main file. */
  readonly path: string;
  readonly folder: string;
  /** Path by file name. */
  readonly files: Readonly<Record<string, string>>;
  /** Of the main file, hex. */
  readonly sha256: string;
  readonly licence?: string;
}

export interface ResolveOptions extends JobOptions {
  /** @default RANKFORGE_HOME, or `.cache/rankforge` in the user's home */
  readonly cacheDir?: string;
}

/**
 * Weights by alias (see `weightAliases`), by URI (see `parseWeightUri`; `#sha256=HEX` pins the bytes) or by the path of
 * a file or folder. Downloads what is not there, from the first source that gives the right bytes; what is there and
 * was checked before is used without network and without reading it again.
 * @throws RankforgeError `unknown-name`, `missing-file`, `bad-weights`, `download-failed`, `missing-package`, `disk-full`, `no-permission`; the signal's reason
 */
export async function resolveWeights(nameOrUri: string, options: ResolveOptions = {}): Promise<Weights> {
  options.signal?.throwIfAborted();
  const [uri = '', fragment] = nameOrUri.split('#', 2);
  if (isWeightUri(uri)) {
    const parsed = parseWeightUri(uri);
    const pinned = pinnedHash(fragment, nameOrUri);
    if (parsed.scheme === 'file') return openLocal(parsed.path, pinned, options);
    // As it stands in the address: decoded, `%2F..` would leave the folder.
    const name =
      basename(parsed.scheme === 'https' ? new URL(parsed.url).pathname : parsed.path) || 'weights';
    const file: WantedFile = { name, sources: [uri], sha256: pinned };
    return openCached(name, `${name}-${sha256(uri).slice(0, 12)}`, [file], undefined, options);
  }
  if (/[\\/]|\.(gguf|onnx|safetensors)$/.test(nameOrUri)) return openLocal(nameOrUri, undefined, options);
  const alias: WeightAlias = lookUp(weightAliases, nameOrUri, 'weights alias');
  return openCached(nameOrUri, nameOrUri, alias.files, alias.licence, options);
}

async function openCached(
  id: string,
  folderName: string,
  wanted: readonly WantedFile[],
  licence: string | undefined,
  options: ResolveOptions,
): Promise<Weights> {
  const folder = join(options.cacheDir ?? cacheFolder(), 'weights', folderName);
  const marker = join(folder, 'verified.json');
  const weights = (hashes: readonly string[]): Weights => ({
    id,
    path: join(folder, wanted[0]!.name),
    folder,
    files: Object.fromEntries(wanted.map(({ name }) => [name, join(folder, name)])),
    sha256: hashes[0]!,
    licence,
  });
  const known = await knownHashes(folder, wanted, await readVerified(marker));
  if (known) return weights(known);
  await makeWeightsFolder(folder);
  try {
    return await withLock(
      join(folder, '.lock'),
      async () => {
        // Another process may have fetched them while this one waited.
        const verified = { ...(await readVerified(marker)) };
        const shelf = new PackageShelf(join(folder, '.packages'));
        try {
          const hashes: string[] = [];
          for (const file of wanted) {
            const path = join(folder, file.name);
            const hash =
              (await acceptable(path, file, verified, options)) ??
              (await fetchFile(file, path, { ...options, stage: `download ${id}`, shelf }));
            hashes.push(hash);
            const { size, mtimeMs } = await stat(path);
            verified[file.name] = { size, mtimeMs, sha256: hash };
            await writeVerified(marker, verified);
          }
          return weights(hashes);
        } finally {
          await shelf.clear();
        }
      },
      { signal: options.signal },
    );
  } catch (error) {
    throw fromFileError(error, folder);
  }
}

/** The hash of a file that is in its place and right: remembered, or read now where somebody put it there. */
async function acceptable(
  path: string,
  file: WantedFile,
  verified: VerifiedFiles,
  options: ResolveOptions,
): Promise<string | undefined> {
  const remembered = await rememberedHash(path, verified, file.name);
  if (remembered && (file.sha256 ?? remembered) === remembered) return remembered;
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || file.sha256 === undefined || (file.size ?? found.size) !== found.size)
    return undefined;
  const hash = await hashFile(path, `check ${file.name}`, options);
  return hash === file.sha256 ? hash : undefined;
}

async function knownHashes(
  folder: string,
  wanted: readonly WantedFile[],
  verified: VerifiedFiles,
): Promise<string[] | undefined> {
  const hashes: string[] = [];
  for (const { name, sha256: expected } of wanted) {
    const hash = await rememberedHash(join(folder, name), verified, name);
    if (hash === undefined || (expected ?? hash) !== hash) return undefined;
    hashes.push(hash);
  }
  return hashes;
}

const mainFiles = [/\.gguf$/, /^model\.safetensors$/, /^model\.onnx$/, /\.safetensors$/, /\.onnx$/];

/** A file, or a folder with a model file in it, used where it is. */
async function openLocal(
  given: string,
  pinned: string | undefined,
  options: ResolveOptions,
): Promise<Weights> {
  const path = resolvePath(given);
  try {
    const found = await stat(path);
    const folder = found.isDirectory() ? path : dirname(path);
    const names = found.isDirectory() ? (await readdir(path)).sort() : [basename(path)];
    const main = found.isDirectory()
      ? mainFiles.map((form) => names.find((name) => form.test(name))).find(Boolean)
      : basename(path);
    if (!main) {
      throw new RankforgeError('missing-file', `There is no model file in ${path}`, {
        where: path,
        hint: 'Name a folder with a .gguf, .safetensors or .onnx file in it.',
      });
    }
    const hash = await localHash(join(folder, main), options);
    if (pinned && pinned !== hash) {
      throw new RankforgeError('bad-weights', `${main}: its SHA-256 is ${hash}, expected was ${pinned}`, {
        where: path,
        hint: 'Use the right file, or correct the #sha256= of the address.',
      });
    }
    return {
      id: main,
      path: join(folder, main),
      folder,
      files: Object.fromEntries(names.map((name) => [name, join(folder, name)])),
      sha256: hash,
    };
  } catch (error) {
    throw fromFileError(error, path);
  }
}

async function localHash(path: string, options: ResolveOptions): Promise<string> {
  const folder = join(options.cacheDir ?? cacheFolder(), 'hashes');
  const marker = join(folder, `${sha256(path).slice(0, 24)}.json`);
  const name = basename(path);
  const remembered = await rememberedHash(path, await readVerified(marker), name);
  if (remembered) return remembered;
  const hash = await hashFile(path, `check ${name}`, options);
  const { size, mtimeMs } = await stat(path);
  // A folder that cannot be written costs a second reading next time, nothing else.
  await makeFolder(folder)
    .then(() => writeVerified(marker, { [name]: { size, mtimeMs, sha256: hash } }))
    .catch(() => undefined);
  return hash;
}

async function makeWeightsFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
  } catch (error) {
    const known = fromFileError(error, folder);
    if (known instanceof RankforgeError && known.code === 'disk-full') throw known;
    throw new RankforgeError('no-permission', `The weights folder cannot be made: ${folder}`, {
      where: folder,
      hint: 'Set RANKFORGE_HOME to a folder that can be written.',
      cause: error,
    });
  }
}

function pinnedHash(fragment: string | undefined, uri: string): string | undefined {
  if (fragment === undefined) return undefined;
  const hash = /^sha256=([0-9a-f]{64})$/i.exec(fragment)?.[1];
  if (hash) return hash.toLowerCase();
  throw new RankforgeError('usage', `This is not a hash: #${fragment}`, {
    where: uri,
    hint: 'Write #sha256= and 64 hexadecimal digits.',
  });
}
