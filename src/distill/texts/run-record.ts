import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fromFileError, RankforgeError } from '../../core/errors.js';
import { atomicWrite } from '../../formats/atomic-write.js';
import { encodeSafetensors } from '../../models/encoder/encode-safetensors.js';
import { Safetensors } from '../../models/encoder/safetensors.js';
import { copyParameters, type Parameters } from '../neural/parameters.js';
import { averageParameters } from './average-parameters.js';

/** Checkpoints whose mean is tried. */
const soupSize = 3;

const Measured = z.strictObject({
  settings: z.string(),
  /** By epoch, from 1, held-out scores of the network and of the mean of its last checkpoints, a list each. */
  epochs: z.record(
    z.string(),
    z.strictObject({ single: z.array(z.array(z.number())), soup: z.array(z.array(z.number())) }),
  ),
});

/** Held-out scores after an epoch, aligned with the held-out lists. */
export interface EpochScores {
  readonly single: readonly (readonly number[])[];
  /** Of the mean of the last three epochs' weights. */
  readonly soup: readonly (readonly number[])[];
}

/** What one training run leaves behind as it goes, in memory or in files that a stopped run goes on from. */
export class RunRecord {
  readonly #path: string | undefined;
  readonly #settings: string;
  readonly #recent = new Map<number, Parameters>();
  readonly #scores = new Map<number, EpochScores>();

  private constructor(path: string | undefined, settings: string) {
    this.#path = path;
    this.#settings = settings;
  }

  /**
   * @param folder of the training's files, none for memory alone  @param name of the run in it
   * @throws RankforgeError `bad-file` for files of another run or damaged ones
   */
  static async open(folder: string | undefined, name: string, settings: string): Promise<RunRecord> {
    const record = new RunRecord(folder === undefined ? undefined : join(folder, name), settings);
    await record.#restore();
    return record;
  }

  get checkpoint(): string | undefined {
    return this.#path === undefined ? undefined : `${this.#path}.safetensors`;
  }

  get scores(): ReadonlyMap<number, EpochScores> {
    return this.#scores;
  }

  /** Keeps an epoch's weights for as long as they may be part of a mean. */
  async keep(epoch: number, parameters: Parameters): Promise<void> {
    this.#recent.set(epoch, copyParameters(parameters));
    if (this.#path !== undefined) await atomicWrite(this.#weights(epoch), encodeSafetensors(parameters));
    const old = epoch - soupSize;
    this.#recent.delete(old);
    // One more is left: a run that is stopped here takes the epoch again.
    if (this.#path !== undefined) await rm(this.#weights(old - 1), { force: true });
  }

  /** The mean of the weights of the last epochs, up to this one. */
  async soup(epoch: number): Promise<Parameters> {
    const all: Parameters[] = [];
    for (let each = Math.max(1, epoch - soupSize + 1); each <= epoch; each++) {
      all.push(this.#recent.get(each) ?? (await this.#read(each)));
    }
    return averageParameters(all);
  }

  async addScores(epoch: number, scores: EpochScores): Promise<void> {
    this.#scores.set(epoch, scores);
    if (this.#path === undefined) return;
    const epochs = Object.fromEntries(this.#scores);
    await atomicWrite(`${this.#path}.json`, `${JSON.stringify({ settings: this.#settings, epochs })}\n`);
  }

  async #read(epoch: number): Promise<Parameters> {
    const path = this.#weights(epoch);
    const file = await Safetensors.open(path);
    return new Map(
      file.names.map((name) => {
        const { shape, data } = file.tensor(name);
        return [name, { shape, data: data.slice() }];
      }),
    );
  }

  async #restore(): Promise<void> {
    if (this.#path === undefined) return;
    const path = `${this.#path}.json`;
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      const known = fromFileError(error, path);
      if (known instanceof RankforgeError && known.code === 'missing-file') return;
      throw known;
    }
    const parsed = Measured.safeParse(parseJson(text));
    if (!parsed.success || parsed.data.settings !== this.#settings) {
      throw new RankforgeError(
        'bad-file',
        `Training cannot go on from ${path}: it is damaged, or of other settings or data`,
        {
          where: path,
          hint: 'Delete it and the files beside it to train from the start.',
          cause: parsed.error,
        },
      );
    }
    for (const [epoch, scores] of Object.entries(parsed.data.epochs)) this.#scores.set(Number(epoch), scores);
  }

  #weights(epoch: number): string {
    return `${this.#path}-epoch-${epoch}.safetensors`;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
