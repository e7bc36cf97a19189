/**
 * Near-duplicate search against an exact count, beside datasketch (Python) at the same parameters: 128 hashes, 16 bands of 4
 * rows, shingles of 3 words. Texts of SciFact and NFCorpus, each with a copy in which some words are changed.
 *
 *     pip install datasketch
 *     RANKFORGE_PYTHON=…/bin/python npx tsx bench/duplicates.ts
 */
import { passageText } from '../src/core/passage.js';
import { randomStream } from '../src/core/random.js';
import { readCorpus } from '../src/formats/beir.js';
import { createDuplicateIndex } from '../src/generate/hygiene/near-duplicates.js';
import { words } from '../src/generate/words.js';
import { hasSharedData, sharedData } from '../test/shared-data.js';
import { askPeer } from './peers/ask-peer.js';

const threshold = 0.8;
const texts = 1500;

interface Peer {
  readonly version: string;
  readonly seconds: number;
  /** By copy: the estimate for its original, 0 where the two did not meet in a band. */
  readonly estimates: readonly number[];
}

const shingles = (found: readonly string[]): string[] => [
  ...new Set(found.slice(0, Math.max(1, found.length - 2)).map((_, i) => found.slice(i, i + 3).join(' '))),
];

function jaccard(a: readonly string[], b: readonly string[]): number {
  const left = new Set(a);
  const shared = b.filter((each) => left.has(each)).length;
  return shared / (a.length + b.length - shared);
}

async function pairsOf(name: string) {
  const originals: string[][] = [];
  for await (const passage of readCorpus(sharedData(name))) {
    const found = words(passageText(passage));
    if (found.length >= 30) originals.push(found);
    if (originals.length === texts) break;
  }
  const copies = originals.map((found, i) => {
    const random = randomStream(7, 'copies', name, i);
    // Up to 12 % of the words: overlaps from 1 down to about .5.
    const rate = random.next() * 0.12;
    return found.map((word) => (random.next() < rate ? `changed${random.int(1e6)}` : word));
  });
  return { originals, copies };
}

/** How well estimates tell which copies overlap by the threshold. */
function quality(estimates: readonly number[], exact: readonly number[]) {
  const found = exact.filter((_, i) => estimates[i]! >= threshold);
  const wanted = exact.filter((overlap) => overlap >= threshold);
  const right = exact.filter((overlap, i) => overlap >= threshold && estimates[i]! >= threshold).length;
  const met = exact
    .map((overlap, i) => [overlap, estimates[i]!] as const)
    .filter(([, estimate]) => estimate > 0);
  return {
    recall: right / wanted.length,
    precision: right / found.length,
    // Away from the threshold an estimate decides nothing wrongly.
    recallFrom85: share(exact, estimates, (overlap) => overlap >= 0.85),
    foundBelow75: share(exact, estimates, (overlap) => overlap < 0.75),
    meanError: met.reduce((sum, [overlap, estimate]) => sum + Math.abs(overlap - estimate), 0) / met.length,
  };
}

function share(exact: readonly number[], estimates: readonly number[], those: (overlap: number) => boolean) {
  const picked = exact.map((overlap, i) => ({ overlap, i })).filter(({ overlap }) => those(overlap));
  return picked.filter(({ i }) => estimates[i]! >= threshold).length / picked.length;
}

const results = [];
for (const name of ['scifact', 'nfcorpus']) {
  if (!hasSharedData(name)) {
    process.stderr.write(`duplicates: skipped, no shared data of ${name}\n`);
    continue;
  }
  const { originals, copies } = await pairsOf(name);
  const exact = copies.map((copy, i) => jaccard(shingles(originals[i]!), shingles(copy)));
  const [left, right] = [originals, copies].map((all) => all.map((found) => found.join(' ')));
  const began = performance.now();
  // The threshold is applied to the estimates below, so that their errors are seen too.
  const index = createDuplicateIndex({ threshold: 0.01, seed: 7 });
  for (const [i, text] of left!.entries()) index.add(String(i), text);
  const estimates = right!.map((text, i) => {
    const match = index.find(text);
    return match?.id === String(i) ? match.resemblance : 0;
  });
  const seconds = (performance.now() - began) / 1000;
  const peer = await askPeer<Peer>('datasketch_peer.py', { originals: left, copies: right });
  const result = {
    name,
    pairs: copies.length,
    overlapping: exact.filter((overlap) => overlap >= threshold).length,
    ours: { ...quality(estimates, exact), textsPerSecond: (2 * copies.length) / seconds },
    datasketch:
      'skipped' in peer
        ? peer
        : {
            version: peer.answer.version,
            ...quality(peer.answer.estimates, exact),
            textsPerSecond: (2 * copies.length) / peer.answer.seconds,
          },
  };
  results.push(result);
  process.stderr.write(`${JSON.stringify(result, null, 1)}\n`);
}
process.stdout.write(`${JSON.stringify({ bench: 'duplicates', threshold, results })}\n`);
