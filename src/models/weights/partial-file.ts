import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';

const State = z.object({
  /** Names the source that the bytes came from; not its address, which may hold a key. */
  source: z.string(),
  /** Whole parts of it that are in the file, and the bytes they fill. */
  parts: z.number().int().min(0),
  bytes: z.number().int().min(0),
  /** What the server called this version of the file. */
  etag: z.string().optional(),
});
type PartialState = z.infer<typeof State>;

/**
 * A file that is being filled: beside it stands where its bytes came from, so that another process, later, carries on
 * where this one was stopped. The hash is kept while bytes arrive.
 */
export class PartialFile {
  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
    private hash: Hash,
    public position: number,
    private state: PartialState,
  ) {}

  /** Opens a partial file, at the end of what it has from this source and at 0 where it has none. @throws file system errors */
  static async open(path: string, source: string): Promise<PartialFile> {
    const state = await readState(path);
    // Appending: after a truncation, bytes go to the new end.
    const file = await open(path, 'a+');
    const { size } = await file.stat();
    const fresh: PartialState = { source, parts: 0, bytes: 0 };
    const partial = new PartialFile(path, file, createHash('sha256'), 0, fresh);
    const usable = state?.source === source && state.bytes <= size;
    if (usable) partial.state = state;
    await partial.reset(usable ? size : 0, size);
    return partial;
  }

  /** Parts that are complete. */
  get parts(): number {
    return this.state.parts;
  }

  /** Where the unfinished part begins. */
  get partStart(): number {
    return this.state.bytes;
  }

  get etag(): string | undefined {
    return this.state.etag;
  }

  async write(block: Uint8Array): Promise<void> {
    await this.file.writeFile(block);
    this.hash.update(block);
    this.position += block.length;
  }

  /** Drops everything from `position` on. */
  async truncate(position: number): Promise<void> {
    if (position !== this.position) await this.reset(position, this.position);
  }

  async remember(change: Partial<Pick<PartialState, 'parts' | 'bytes' | 'etag'>>): Promise<void> {
    this.state = { ...this.state, ...change };
    await writeFile(statePath(this.path), JSON.stringify(this.state));
  }

  digest(): string {
    return this.hash.copy().digest('hex');
  }

  /** Flushes to disk and closes. */
  async close(): Promise<void> {
    await this.file.sync().catch(() => undefined);
    await this.file.close();
  }

  private async reset(position: number, size: number): Promise<void> {
    if (position < size) await this.file.truncate(position);
    this.hash = createHash('sha256');
    if (position > 0) {
      const existing = createReadStream(this.path, { end: position - 1, highWaterMark: 1 << 20 });
      for await (const block of existing as AsyncIterable<Buffer>) this.hash.update(block);
    }
    this.position = position;
  }
}

/** Removes a partial file and what stands beside it. */
export async function removePartial(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(statePath(path), { force: true });
}

const statePath = (path: string): string => `${path}.json`;

async function readState(path: string): Promise<PartialState | undefined> {
  try {
    return State.parse(JSON.parse(await readFile(statePath(path), 'utf8')));
  } catch {
    return undefined;
  }
}
