import { statSync } from 'node:fs';
import { RankforgeError } from '../../core/errors.js';
import { nearestName, unknownName } from '../../core/names.js';
import type { JobOptions } from '../../core/progress.js';
import { bundledStudentFolder, bundledStudents } from '../../distill/bundled-student.js';
import type { Budget } from '../../models/door/budget.js';
import type { LanguageModel } from '../../models/language-model.js';
import { defaultModel } from '../../models/weights/aliases.js';
import { loadPrompt, type PromptTemplate, readTemplate } from '../../prompts/template.js';
import type { Comparator } from '../../rerank/comparator.js';
import type { ComparatorNeeds } from '../../rerank/comparators/entry.js';
import { fusedComparator } from '../../rerank/comparators/fused.js';
import { comparators, nameOf, needsModel, openComparator } from '../../rerank/comparators/registry.js';

export interface NamedComparatorOptions
  extends JobOptions,
    Pick<ComparatorNeeds, 'qrels' | 'parser' | 'seed'> {
  /** A name as `openModel` takes it, or a model that stays its opener's. @default the default local model */
  readonly model?: string | LanguageModel;
  readonly baseUrl?: string;
  /** Of a local model: tokens, prompt and reply together. @default 4096 */
  readonly contextSize?: number;
  readonly threads?: number;
  /** Folder where replies are kept, so that none is paid for twice. @default none are kept */
  readonly ledger?: string;
  readonly budget?: Budget;
  /** Calls at a time. @default 4 */
  readonly concurrency?: number;
  /** Another prompt than the comparator's own: the id of a bundled one, a path to a `.md` file, or a template. */
  readonly prompt?: string | PromptTemplate;
}

/** The encoder behind `fused`, unless another is named after a colon. */
const defaultEncoder = 'all-minilm-l6-v2';

/**
 * A comparator by its written form, with whatever model, encoder or student it takes: all that the registry knows, and
 * `student:FOLDER`, or `student:lexical` for the bundled one, and `fused` (`fused:ENCODER`). Disposing it closes what was opened for it.
 * @throws RankforgeError `unknown-name` with the nearest right one, `usage`, and what opening may throw
 */
export async function openNamedComparator(
  spec: string,
  options: NamedComparatorOptions = {},
): Promise<Comparator> {
  const { signal, onProgress, model } = options;
  const { name, argument } = checkComparatorName(spec);
  // Loaded when asked for: behind them are native modules.
  if (name === 'student') {
    const { openStudentComparator } = await import('../../pipeline/student-comparator.js');
    return openStudentComparator(studentFolder(argument)!, { signal, onProgress });
  }
  if (name === 'fused') {
    const { openCachedEncoder } = await import('../../pipeline/cached-encoder.js');
    const encoder = await openCachedEncoder(argument || defaultEncoder, { signal, onProgress });
    return closing(fusedComparator({ encoder }), encoder);
  }
  const { prompt, qrels, parser, seed } = options;
  const needs = { prompt: typeof prompt === 'string' ? promptNamed(prompt) : prompt, qrels, parser, seed };
  if (!needsModel(spec)) return openComparator(spec, needs);
  if (typeof model === 'object') return openComparator(spec, { ...needs, model });
  return openOnModel(spec, model ?? defaultModel, needs, options);
}

/**
 * A comparator's written form, taken apart; nothing is opened, so that a command can refuse it before anything dear.
 * @throws RankforgeError `unknown-name` with the nearest right one; `usage` for a student whose folder is not there
 */
export function checkComparatorName(spec: string): { readonly name: string; readonly argument: string } {
  const name = nameOf(spec);
  if (!Object.hasOwn(comparators, name)) throw unknownComparator(name);
  const argument = spec.slice(name.length + 1);
  if (name === 'student' && studentFolder(argument) === undefined) {
    throw new RankforgeError(
      'usage',
      argument === '' ? 'No student is named' : `There is no folder of a student: ${argument}`,
      {
        where: spec,
        hint: `Write it as student:FOLDER, with the folder that distilling wrote, or with the name of a bundled one: ${bundledStudents.join(', ')}.`,
      },
    );
  }
  return { name, argument };
}

/** A bundled student is asked for by its own name too, which is no comparator's. */
function unknownComparator(name: string): RankforgeError {
  const known = Object.keys(comparators);
  const error = unknownName(name, known, 'comparator');
  const near = nearestName(name, [...known, ...bundledStudents]);
  if (!bundledStudents.some((student) => student === near)) return error;
  const hint = `Did you mean "student:${near}"?`;
  return new RankforgeError(error.code, error.message, { where: error.where, hint });
}

/** A folder as it was given, else that of the bundled student of this name, else nothing. */
export function studentFolder(given: string): string | undefined {
  if (given !== '' && statSync(given, { throwIfNoEntry: false })?.isDirectory()) return given;
  const bundled = bundledStudents.find((name) => name === given);
  return bundled && bundledStudentFolder(bundled);
}

/** @throws RankforgeError `unknown-name`, `missing-file`, `bad-file` */
export const promptNamed = (name: string): PromptTemplate =>
  name.endsWith('.md') ? readTemplate(name) : loadPrompt(name);

async function openOnModel(
  spec: string,
  model: string,
  needs: ComparatorNeeds,
  options: NamedComparatorOptions,
): Promise<Comparator> {
  const {
    contextSize = 4096,
    threads,
    baseUrl,
    concurrency = 4,
    ledger,
    budget,
    signal,
    onProgress,
  } = options;
  const { createModelPool } = await import('../../pipeline/model-pool.js');
  const pool = await createModelPool({
    models: { model: { model, context: contextSize, threads, baseUrl, concurrency } },
    ledger,
    budget,
    signal,
    onProgress,
  });
  try {
    return closing(await openComparator(spec, { ...needs, model: await pool.open('model') }), pool);
  } catch (error) {
    await pool[Symbol.asyncDispose]();
    throw error;
  }
}

const closing = (comparator: Comparator, resource: AsyncDisposable): Comparator => ({
  ...comparator,
  async [Symbol.asyncDispose]() {
    await comparator[Symbol.asyncDispose]();
    await resource[Symbol.asyncDispose]();
  },
});
