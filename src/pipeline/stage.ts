import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { fromFileError, isAbort, RankforgeError } from '../core/errors.js';
import { hashValue } from '../core/hash.js';
import { makeFolder } from '../core/make-folder.js';
import type { JobOptions } from '../core/progress.js';
import { noUsage } from '../core/usage.js';
import type { Warning } from '../core/warning.js';
import { atomicWrite } from '../formats/atomic-write.js';
import { codeVersion } from './code-version.js';
import { countWarnings } from './count-warnings.js';
import { lockFolder } from './folder-lock.js';

const UsageShape = z.object({
  calls: z.number(),
  cachedCalls: z.number(),
  promptTokens: z.number(),
  outputTokens: z.number(),
  usd: z.number(),
});

const Manifest = z.object({
  stage: z.string(),
  /** Hash of settings, inputs and code: equal keys make equal artefacts. */
  key: z.string(),
  code: z.string(),
  inputs: z.record(z.string(), z.string()),
  /** SHA-256 of each file, by name. */
  files: z.record(z.string(), z.string()),
  usage: UsageShape,
  seconds: z.number(),
  /** One a code, with the first one's words. */
  warnings: z.array(z.object({ code: z.string(), message: z.string(), count: z.number() })),
});

/** What a finished stage left behind, and what it was made from. */
export type Manifest = z.infer<typeof Manifest>;

export interface StageContext extends JobOptions {
  /** The stage's own artefact folder. What lies there from an interrupted run with the same key may be used. */
  readonly folder: string;
  /** Folder of an earlier stage that this one named in `after`. */
  input(stage: string): string;
}

export interface StageResult {
  readonly usage?: Manifest['usage'];
  readonly warnings?: readonly Warning[];
}

/** One step of a job: reads the artefacts of earlier stages, writes its own. */
export interface Stage {
  readonly name: string;
  /** Stages whose artefacts it reads. */
  readonly after: readonly string[];
  /** Everything else its artefact depends on, as plain data. */
  readonly settings: unknown;
  /** Files from outside that it reads, by what they are to it: their content counts, and not where they lie. */
  readonly files?: Readonly<Record<string, string>>;
  run(context: StageContext): Promise<StageResult>;
}

export interface FinishedStage extends Manifest {
  readonly folder: string;
  /** Whether it was taken as it was. */
  readonly reused: boolean;
}

/**
 * Runs stages in order. A stage whose settings, inputs and code are those of its manifest is not run again; an
 * interrupted one goes on from what it had written.
 * @throws RankforgeError `usage` where another run works in the folder, `no-permission`, `disk-full`, `bad-file` for a stage folder with files of another hand, or what
 * a stage throws; finished stages stay
 */
export async function runStages(
  stages: readonly Stage[],
  out: string,
  { signal, onProgress, onStage }: JobOptions & { readonly onStage?: (stage: FinishedStage) => void } = {},
): Promise<ReadonlyMap<string, FinishedStage>> {
  const finished = new Map<string, FinishedStage>();
  await using _ = await lockFolder(out);
  for (const stage of stages) {
    signal?.throwIfAborted();
    const folder = join(out, stage.name);
    const inputs = await hashInputs(stage, finished);
    const key = hashValue({
      stage: stage.name,
      settings: stage.settings ?? null,
      inputs,
      code: codeVersion(),
    });
    const old = await readManifest(folder);
    let manifest = old?.key === key && (await filesAreThere(folder, old)) ? old : undefined;
    const reused = manifest !== undefined;
    if (!manifest) {
      // A finished stage whose files were changed begins anew: what lies there cannot be told from what was changed.
      await prepareFolder(folder, key, { resume: old === undefined });
      const started = performance.now();
      const result = await guarded(folder, () =>
        stage.run({
          folder,
          input: (name) => join(out, name),
          signal,
          onProgress,
        }),
      );
      manifest = {
        stage: stage.name,
        key,
        code: codeVersion(),
        inputs,
        files: await hashFolder(folder),
        usage: result.usage ?? noUsage,
        seconds: (performance.now() - started) / 1000,
        warnings: countWarnings(result.warnings ?? []),
      };
      // Written last: its presence is what says that the stage is done.
      await atomicWrite(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    }
    const done = { ...manifest, folder, reused };
    finished.set(stage.name, done);
    onStage?.(done);
  }
  return finished;
}

async function guarded<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RankforgeError || isAbort(error)) throw error;
    throw fromFileError(error, where);
  }
}

async function hashInputs(
  stage: Stage,
  finished: ReadonlyMap<string, FinishedStage>,
): Promise<Record<string, string>> {
  const inputs: Record<string, string> = {};
  for (const name of stage.after) inputs[name] = hashValue(finished.get(name)!.files);
  for (const [name, path] of Object.entries(stage.files ?? {})) inputs[`file:${name}`] = await hashFile(path);
  return inputs;
}

/** Hex SHA-256 of a file, streamed. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    throw fromFileError(error, path);
  }
  return hash.digest('hex');
}

/** SHA-256 of each artefact. Temporary files are none: a killed run leaves them, and anybody may delete them. */
async function hashFolder(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && !/^(manifest\.json|key)$|\.tmp$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const files: Record<string, string> = {};
  for (const path of paths) files[path.slice(folder.length + 1).replaceAll('\\', '/')] = await hashFile(path);
  return files;
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  try {
    return Manifest.safeParse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'))).data;
  } catch {
    return undefined; // Absent or cut off: the stage is not done.
  }
}

async function filesAreThere(folder: string, { files }: Manifest): Promise<boolean> {
  const there = await hashFolder(folder);
  return Object.entries(files).every(([name, hash]) => there[name] === hash);
}

/** Keeps what an interrupted run with the same key wrote, and clears what another one left. */
async function prepareFolder(folder: string, key: string, { resume }: { resume: boolean }): Promise<void> {
  await guarded(folder, async () => {
    const begun = await readFile(join(folder, 'key'), 'utf8').catch(() => undefined);
    if (begun === undefined) await refuseForeign(folder);
    if (begun !== key || !resume) await rm(folder, { recursive: true, force: true });
    await makeFolder(folder);
    await atomicWrite(join(folder, 'key'), key);
  });
}

/** A folder without a key was not made here, whatever its name: what lies in it is somebody's, and is never cleared. */
async function refuseForeign(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  // A run that was killed while it wrote its key leaves that key's temporary file.
  const foreign = names.find((name) => !/^key\..*\.tmp$/.test(name));
  if (foreign === undefined) return;
  throw new RankforgeError('bad-file', `${folder} holds files that no run of rankforge wrote`, {
    where: join(folder, foreign),
    hint: (spell) =>
      `Choose another folder with ${spell('out')}, or move these files away: the folder is cleared for each run.`,
  });
}
