import type { Example, ExamplePassage } from '../core/example.js';
import type { Passage } from '../core/passage.js';
import type { Provenance } from '../core/provenance.js';
import type { CallOptions } from '../models/language-model.js';
import type { Corpus } from './corpus.js';
import { Funnel } from './funnel.js';
import { type AddedPassages, addGraded } from './graded/add-graded.js';
import type { DisagreementPolicy } from './graded/settle-grade.js';
import { type EditOptions, writeEdits } from './graded/write-edits.js';
import type { GradedWriter } from './graded/write-graded-passages.js';
import type { Judge } from './judge/judge.js';
import { countNegatives } from './negatives/count-negatives.js';
import {
  filterOf,
  type MinedNegatives,
  type MineNegativesOptions,
  mineNegatives,
} from './negatives/mine-negatives.js';
import { shareNegatives } from './negatives/share-negatives.js';
import type { ExampleSeed } from './queries/verified.js';

export interface CompletionOptions {
  readonly corpus: Corpus;
  readonly seed: number;
  /** With a mix each query's shares are drawn, so that they hold in expectation: its neighbours are not known here. */
  readonly mining?: Omit<MineNegativesOptions, 'corpus' | 'seed' | 'signal'>;
  /** Writes graded passages for this query, where it is given and the query has a positive. */
  readonly graded?: GradedWriter;
  /** Edits the source, where it is given and the source is a positive. */
  readonly edits?: EditOptions;
  /** Judges written passages; without a judge each keeps the level it was asked for. */
  readonly judge?: Judge;
  readonly disagreement: DisagreementPolicy;
  /** For a reversed twin, what mining gave to the query: where it was read, the twin has the same, read anew. */
  readonly shared?: readonly ExamplePassage[];
  /** Whether nothing may answer the query: a mined passage that does shows that the query was mistaken for such a one. */
  readonly unanswerable?: boolean;
  readonly provenance?: Provenance;
}

export interface CompletedExample {
  readonly example: Example;
  /** What happened to its passages: to be added in a fixed order, so that the job's stages come in that order too. */
  readonly funnel: Funnel;
  /** What mining gave: mined, written and random ones. */
  readonly negatives: readonly ExamplePassage[];
  /** An unanswerable query that mining found an answer to: the example must not count. */
  readonly answerable: boolean;
}

/** Adds written passages, edits and negatives to what an example begins with. */
export async function completeExample(
  { query, search, passages: begun }: ExampleSeed,
  options: CompletionOptions,
  call: CallOptions,
): Promise<CompletedExample> {
  const { corpus, seed, mining, graded, edits, judge, shared, unanswerable = false, provenance } = options;
  const funnel = new Funnel();
  let answerable = false;
  let negatives: readonly ExamplePassage[] = [];
  const passages: ExamplePassage[] = [...begun];
  const keys: string[] = [];
  const add = (added: AddedPassages): void => {
    passages.push(...added.passages);
    keys.push(...added.ledgerKeys);
  };
  const source = begun.find(({ kind }) => kind === 'positive');
  if (graded && source)
    add(await addGraded({ query: search, source: source.passage }, { ...options, graded }, funnel, call));
  const held = (): readonly Passage[] => passages.map(({ passage }) => passage);
  if (edits && source)
    add(await writeEdits({ query: search, source, held: held(), judge }, edits, funnel, call));
  if (mining) {
    const positives = passages.filter(({ kind }) => kind === 'positive').map(({ passage }) => passage);
    const filter = filterOf(mining);
    const mined =
      shared && filter
        ? await shareNegatives({ query: search, negatives: shared }, filter, { ...mining, ...call })
        : await mineNegatives(
            { query: search, positives },
            // What the query was checked against has its grade already.
            { ...mining, corpus, seed, held: held(), ...call },
          );
    add(mined);
    negatives = mined.passages;
    countNegatives(mined, funnel);
    answerable = unanswerable && hasAnswer(mined);
  }
  const example: Example = { query, passages, split: 'train', ledgerKeys: keys, provenance };
  return { example, funnel, negatives, answerable };
}

/** From grade 2 on a passage answers, whatever grade makes a false negative. */
const hasAnswer = ({ passages, rejected }: MinedNegatives): boolean =>
  rejected.includes('false-negative') ||
  passages.some(({ grade, kind }) => kind === 'positive' || grade >= 2);
