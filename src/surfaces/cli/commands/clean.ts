import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { RankforgeError } from '../../../core/errors.js';
import { atomicWrite } from '../../../formats/atomic-write.js';
import { readCorpus, writeCorpus } from '../../../formats/beir.js';
import { readEvaluationTexts } from '../../../formats/evaluation-texts.js';
import { Funnel } from '../../../generate/funnel.js';
import { cleanPassages, type Removal } from '../../../generate/hygiene/clean-passages.js';
import { openLanguageCheck } from '../../../generate/hygiene/language.js';
import { type NgramRuleName, ngramRules } from '../../../generate/hygiene/ngram-overlap.js';
import { createPiiScrubber } from '../../../generate/hygiene/pii/scrub-pii.js';
import { openCachedEncoder } from '../../../pipeline/cached-encoder.js';
import { passageCheck } from '../../../pipeline/generation/contamination-checks.js';
import { checkOutputFolder } from '../check-output.js';
import { type CliContext, printResult } from '../cli-context.js';
import { flags, share } from '../flags.js';
import { openReading } from '../reading.js';

interface CleanFlags {
  dataset: string;
  threshold: number;
  keepDuplicates?: boolean;
  languages?: string[];
  unknown: 'keep' | 'drop';
  scrubPii?: boolean;
  countries?: string[];
  against?: string[];
  ngrams: NgramRuleName;
  embedding?: number;
  encoder: string;
  seed: number;
  out: string;
  skipBad?: boolean;
  json?: boolean;
}

/** Files of the folder. */
const cleaned = { corpus: 'corpus.jsonl', removed: 'removed.jsonl', funnel: 'funnel.json' } as const;

/** At 0 every text would be taken out. */
function cosine(text: string): number {
  const value = share(text);
  if (value > 0) return value;
  throw new InvalidArgumentError('A number above 0, and 1 at most, is needed.');
}

const commas = (text: string): string[] => text.split(',').map((part) => part.trim());

export function addCleanCommand(program: Command, context: CliContext): void {
  program
    .command('clean')
    .description('A corpus without duplicates, other languages, personal data and evaluation texts')
    .addOption(flags.dataset().makeOptionMandatory())
    .option('--threshold <overlap>', 'from which overlap texts count as one, 0 to 1', share, 0.8)
    .option('--keep-duplicates', 'leave duplicates in')
    .option('--languages <codes>', 'keep these alone, such as en,de', commas)
    .addOption(
      new Option('--unknown <what>', 'texts too short to tell').choices(['keep', 'drop']).default('keep'),
    )
    .option('--scrub-pii', 'write [EMAIL], [PHONE] and so on in place of personal data')
    .option('--countries <codes>', 'whose phone and identity numbers are known, such as DE,AT', commas)
    .option('--against <dir...>', 'evaluation sets in BEIR layout whose texts are left out')
    .addOption(
      new Option('--ngrams <rule>', 'how much of a text is too much')
        .choices(Object.keys(ngramRules))
        .default('palm'),
    )
    .option('--embedding <cosine>', 'from which cosine a text says the same as an evaluation text', cosine)
    .addOption(flags.encoder())
    .addOption(flags.seed())
    .addOption(flags.out('folder for corpus.jsonl, removed.jsonl and funnel.json'))
    .addOption(flags.skipBad())
    .addOption(flags.json())
    .action(async (options: CleanFlags) => {
      const result = await clean(options, context);
      const { passages, kept, noted } = result;
      const replaced = Object.entries(noted).map(([kind, count]) => `${count} ${kind}`);
      printResult(
        context,
        options,
        result,
        () =>
          `${kept} of ${passages} passages: ${result.corpus}\n${replaced.length > 0 ? `replaced: ${replaced.join(', ')}\n` : ''}`,
      );
    });
}

async function clean(options: CleanFlags, context: CliContext) {
  const { dataset, out, languages, unknown, seed } = options;
  const { signal, onProgress } = context;
  checkMeaning(options);
  await checkOutputFolder(out, cleaned.funnel);
  const language = languages && (await openLanguageCheck({ languages, unknown }));
  const scrub = options.scrubPii ? createPiiScrubber({ countries: options.countries }) : undefined;
  await using contamination = await openContaminationCheck(options, context);
  using reading = openReading({ ...options, out: join(out, cleaned.corpus) }, context);
  const funnel = new Funnel();
  const removed: Removal[] = [];
  let kept = 0;
  const count = async function* <T>(records: AsyncIterable<T>) {
    for await (const record of records) {
      kept += 1;
      yield record;
    }
  };
  const passages = cleanPassages(readCorpus(dataset, reading), {
    language,
    scrub,
    duplicates: options.keepDuplicates ? undefined : { threshold: options.threshold, seed },
    contamination: contamination?.check,
    funnel,
    onRemoved: (removal) => removed.push(removal),
    signal,
    onProgress,
  });
  const corpus = join(out, cleaned.corpus);
  await writeCorpus(corpus, count(passages));
  await atomicWrite(
    join(out, cleaned.removed),
    removed.map((removal) => `${JSON.stringify(removal)}\n`),
  );
  await atomicWrite(join(out, cleaned.funnel), `${JSON.stringify(funnel, null, 2)}\n`);
  return {
    corpus,
    removed: join(out, cleaned.removed),
    funnel: join(out, cleaned.funnel),
    passages: kept + removed.length,
    kept,
    noted: funnel.stage('pii').noted,
    stages: funnel.toJSON().stages,
  };
}

/** By words, and where a least cosine is given by meaning too: the encoder is open as long as the check is. */
async function openContaminationCheck(
  { against, ngrams, embedding, encoder: name, seed }: CleanFlags,
  { signal, onProgress }: CliContext,
) {
  if (!against) return undefined;
  const evaluation = await readEvaluationTexts(against, { signal });
  const encoder = embedding === undefined ? undefined : await openCachedEncoder(name, { signal, onProgress });
  return {
    check: await passageCheck(evaluation, { ngrams, embedding }, { seed, encoder, signal }),
    [Symbol.asyncDispose]: async () => encoder?.[Symbol.asyncDispose](),
  };
}

/** @throws RankforgeError `usage` where a least cosine has nothing to be of */
function checkMeaning({ against, embedding, encoder }: CleanFlags): void {
  if (embedding === undefined) return;
  if (!against) {
    throw new RankforgeError('usage', '--embedding compares with evaluation texts, and none are named', {
      where: '--embedding',
      hint: 'Name the evaluation sets with --against, or leave it out.',
    });
  }
  if (encoder === 'none') {
    throw new RankforgeError('usage', '--embedding needs an encoder', {
      where: '--encoder none',
      hint: 'Leave --encoder out, or --embedding.',
    });
  }
}
