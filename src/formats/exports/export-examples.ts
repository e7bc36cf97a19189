import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RankforgeError } from '../../core/errors.js';
import { packageVersion } from '../../core/version.js';
import type { Warning } from '../../core/warning.js';
import { atomicWrite } from '../atomic-write.js';
import type { ExampleSource, ExportFormat, ExportOptions, WrittenFile } from './export-format.js';
import { fillFolder } from './fill-folder.js';
import { type ExportFormatName, exportFormats } from './formats.js';

/** A file as it lies on the disk. */
export interface ExportedFile extends WrittenFile {
  readonly bytes: number;
  readonly sha256: string;
}

export interface ExportedFormat {
  readonly format: ExportFormatName;
  /** Their paths begin with the format's folder. */
  readonly files: readonly ExportedFile[];
  /** Examples that gave no row of this format. */
  readonly leftOut: number;
}

/** What says that a folder is an export: its files and their hashes. */
export const exportManifest = 'export.json';

/**
 * Writes a set in one or more formats, each in a folder of its own under `out`, one file a split. The set is gone through once a
 * format and never held; each folder appears when its files are whole, in place of an earlier one.
 * @throws RankforgeError `disk-full`, `no-permission`, `missing-file`, `usage` for an option out of range, `unsupported` for ids that a format cannot write,
 * `duplicate-id`, and whatever reading the set throws
 */
export async function exportExamples(
  source: ExampleSource,
  formats: readonly ExportFormatName[],
  out: string,
  options: ExportOptions = {},
): Promise<ExportedFormat[]> {
  inRange('listSize', options.listSize, 2, 26);
  inRange('negatives', options.negatives, 1, 1000);
  const exported: ExportedFormat[] = [];
  for (const format of new Set(formats)) {
    const { files, leftOut } = await fillFolder(join(out, format), (folder) =>
      exportFormats[format].write(folder, source, options),
    );
    exported.push({
      format,
      files: await Promise.all(
        files.map((file) => describe(out, { ...file, path: `${format}/${file.path}` })),
      ),
      leftOut,
    });
  }
  const manifest = { packageVersion, formats: exported };
  await atomicWrite(join(out, exportManifest), `${JSON.stringify(manifest, null, 2)}\n`, options);
  return exported;
}

/** One warning that names every format of which no example gave a row, and what a row of it needs. */
export function warnOfEmpty(exported: readonly ExportedFormat[]): Warning[] {
  const empty = exported.filter(({ files, leftOut }) => files.length === 0 && leftOut > 0);
  if (empty.length === 0) return [];
  const reasons = empty.map(({ format, leftOut }) => {
    const { needs = 'a passage' }: ExportFormat = exportFormats[format];
    return `${format} has no row, as none of ${leftOut} queries has ${needs}`;
  });
  return [{ code: 'empty-export', message: reasons.join('; ') }];
}

function inRange(name: string, value: number | undefined, from: number, to: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= from && value <= to)) return;
  throw new RankforgeError('usage', `${name} is ${value}`, {
    where: name,
    hint: `Give a whole number from ${from} to ${to}.`,
  });
}

async function describe(out: string, file: WrittenFile): Promise<ExportedFile> {
  const path = join(out, file.path);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return { ...file, bytes: (await stat(path)).size, sha256: hash.digest('hex') };
}
