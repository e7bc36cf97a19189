import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fromFileError, RankforgeError } from '../core/errors.js';
import { atomicWrite } from '../formats/atomic-write.js';
import type { TermStatistics } from '../retrieval/bm25.js';
import { featureVersion } from './features/feature-set.js';
import { renderCard } from './render-card.js';
import { cardAnalyser, noStatistics, type Student, StudentCard } from './student.js';
import { studentGraph } from './students/onnx.js';
import { parameterFault } from './students/parameter-fault.js';
import { Parameters } from './students/scorer.js';
import { loadReader, saveReader } from './texts/reader-folder.js';
import { readerKinds } from './texts/text-reader.js';

const Statistics = z.strictObject({
  documentCount: z.number().int().positive(),
  meanLength: z.number().positive(),
  // Pairs, not an object: a corpus of code holds terms such as __proto__.
  documentFrequency: z.array(z.tuple([z.string(), z.number().int()])),
});

const names = {
  weights: 'student.json',
  onnx: 'student.onnx',
  statistics: 'statistics.json',
  trainedOn: 'training-queries.json',
  card: 'card.json',
  readme: 'README.md',
  reader: 'reader',
} as const;

/**
 * Writes a student: `student.json`, for linear and MLP also `student.onnx`, `statistics.json`, for one of a feature
 * file `training-queries.json` in its place, for one that reads texts the folder `reader`, and last the card as `card.json` and `README.md`, so that a folder with a card is whole.
 * @throws RankforgeError `disk-full`, `no-permission`
 */
export async function saveStudent(folder: string, student: Student): Promise<void> {
  const { parameters, statistics, card, reader, trainedOn } = student;
  const write = (name: string, content: string | Uint8Array): Promise<void> =>
    atomicWrite(join(folder, name), content);
  await write(names.weights, `${JSON.stringify(parameters)}\n`);
  if (parameters.kind !== 'lambdamart' && card.features.names.length > 0)
    await write(names.onnx, studentGraph(parameters, card.features));
  if (!card.features.given) {
    const frequencies = [...statistics.documentFrequency].sort(([a], [b]) => (a < b ? -1 : 1));
    await write(names.statistics, `${JSON.stringify({ ...statistics, documentFrequency: frequencies })}\n`);
  }
  if (trainedOn) await write(names.trainedOn, `${JSON.stringify([...trainedOn])}\n`);
  if (reader) await saveReader(join(folder, names.reader), reader);
  await write(names.readme, renderCard(card));
  await write(names.card, `${JSON.stringify(card, undefined, 2)}\n`);
}

/**
 * Reads a student that `saveStudent` wrote. No native module is loaded: the JSON weights are used, and what reads texts is opened
 * when it scores.
 * @throws RankforgeError `missing-file` for a folder without card; `bad-file` for one that is damaged or was made by a
 * version with other features
 */
export async function loadStudent(folder: string): Promise<Student> {
  const card = await readJson(
    join(folder, names.card),
    StudentCard,
    'Name the folder that holds card.json; a training run that was stopped has none yet.',
  );
  if (!card.features.given && card.features.version !== featureVersion) {
    throw new RankforgeError(
      'bad-file',
      `The student reads features of version ${card.features.version}, and this is ${featureVersion}`,
      {
        where: join(folder, names.card),
        hint: 'Distil it again with this version of rankforge.',
      },
    );
  }
  cardAnalyser(card, join(folder, names.card));
  const parameters = await readJson(join(folder, names.weights), Parameters);
  const fault = parameterFault(parameters, card.features.names.length);
  if (fault) throw damaged(join(folder, names.weights), fault);
  if (card.features.given)
    return { card, parameters, statistics: noStatistics, trainedOn: await readPrints(folder) };
  const { documentFrequency, ...rest } = await readJson(join(folder, names.statistics), Statistics);
  const statistics: TermStatistics = { ...rest, documentFrequency: new Map(documentFrequency) };
  const kind = readerKinds.find((one) => one === card.kind);
  if (!kind) return { card, parameters, statistics };
  return { card, parameters, statistics, reader: await loadReader(join(folder, names.reader), kind) };
}

/** Students of older versions have none. */
async function readPrints(folder: string): Promise<ReadonlySet<string> | undefined> {
  const path = join(folder, names.trainedOn);
  try {
    return new Set(await readJson(path, z.array(z.string())));
  } catch (error) {
    if (error instanceof RankforgeError && error.code === 'missing-file') return undefined;
    throw error;
  }
}

async function readJson<T extends z.ZodType>(
  path: string,
  schema: T,
  missingHint = 'Copy the whole folder, or distil again.',
): Promise<z.infer<T>> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const known = fromFileError(error, path);
    if (known instanceof RankforgeError && known.code === 'missing-file') {
      throw new RankforgeError('missing-file', `There is no student in this folder: ${path} is missing`, {
        where: path,
        hint: missingHint,
        cause: error,
      });
    }
    throw error instanceof SyntaxError ? damaged(path, error.message, error) : known;
  }
  const result = schema.safeParse(value);
  if (!result.success) throw damaged(path, z.prettifyError(result.error), result.error);
  return result.data;
}

const damaged = (path: string, what: string, cause?: unknown): RankforgeError =>
  new RankforgeError('bad-file', `${path} is damaged: ${what}`, {
    where: path,
    hint: 'Copy the folder again, or distil again.',
    cause,
  });
