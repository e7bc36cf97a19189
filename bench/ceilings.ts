/**
 * What each program can reach at best: nDCG@10, calls and rounds of a query with a perfect comparator on DL19, BM25's
 * top 100. The table goes to stderr, JSON to stdout.
 *   npx tsx bench/ceilings.ts
 *   npx tsx bench/ceilings.ts --noise 1 --programs sliding:20/10,tdpart,adaptive
 * With --noise every program is also run with a comparator that errs, mean over five seeds.
 */
import { parseArgs } from 'node:util';
import type { Comparator } from '../src/rerank/comparator.js';
import { noisyComparator, oracleComparator } from '../src/rerank/comparators/judged.js';
import { rerankRun } from '../src/rerank/rerank-run.js';
import { collect } from '../test/rerank/collect.js';
import { dl19Candidates, dl19Qrels, hasDl19, ndcg10 } from '../test/rerank/dl19.js';

const all = [
  'full',
  'sliding:20/10',
  'sliding:10/5',
  'sliding:4/2',
  'tdpart',
  'adaptive',
  'tournament',
  'tournament:20/2',
  'blocks:20',
  'blocks:20/borda',
  'blocks:20/win-rate',
  'blocks:20/plackett-luce',
  'blocks:10/2',
  'groupwise',
  'pointwise',
  'swiss',
  'swiss:20',
  'setwise-heap:19',
  'setwise-heap:3',
  'setwise-bubble:19',
  'setwise-bubble:3',
  'pairwise-heap',
  'pairwise-heap:2',
  'pairwise-bubble',
  'pairwise-all',
];

const { values } = parseArgs({
  options: {
    programs: { type: 'string', default: all.join(',') },
    noise: { type: 'string' },
    seeds: { type: 'string', default: '5' },
  },
});

if (!hasDl19) {
  console.error('ceilings: skipped, DL19 is not there');
  console.log(JSON.stringify({ skipped: 'dl19' }));
  process.exit(0);
}

const candidates = await dl19Candidates();
const qrels = await dl19Qrels();
const noise = values.noise === undefined ? undefined : Number(values.noise);

async function measure(program: string, comparator: Comparator) {
  const rankings = await collect(rerankRun(candidates, { program, comparator }));
  const mean = (of: (usage: (typeof rankings)[number]['usage']) => number) =>
    rankings.reduce((sum, { usage }) => sum + of(usage), 0) / rankings.length;
  return {
    nDCG10: ndcg10(qrels, rankings),
    calls: mean(({ calls }) => calls),
    rounds: mean(({ rounds }) => rounds),
  };
}

async function measureNoisy(program: string, sd: number) {
  const runs: Awaited<ReturnType<typeof measure>>[] = [];
  for (let seed = 0; seed < Number(values.seeds); seed++)
    runs.push(await measure(program, noisyComparator(qrels, sd, seed)));
  const mean = (of: (run: (typeof runs)[number]) => number) =>
    round(runs.reduce((sum, run) => sum + of(run), 0) / runs.length);
  return { noisyNDCG10: mean(({ nDCG10 }) => nDCG10), noisyCalls: mean(({ calls }) => calls) };
}

const round = (value: number) => Number(value.toFixed(4));
const rows = [];
console.error(
  `program                     nDCG@10    calls   rounds${noise === undefined ? '' : `   noise ${noise}    calls`}`,
);
for (const program of values.programs.split(',')) {
  const { nDCG10, calls, rounds } = await measure(program, oracleComparator(qrels));
  const noisy = noise === undefined ? undefined : await measureNoisy(program, noise);
  rows.push({ program, nDCG10: round(nDCG10), calls: round(calls), rounds: round(rounds), ...noisy });
  const cells = [nDCG10.toFixed(4), calls.toFixed(1), rounds.toFixed(1)];
  if (noisy) cells.push(noisy.noisyNDCG10.toFixed(4), noisy.noisyCalls.toFixed(1));
  console.error(program.padEnd(26) + cells.map((cell) => cell.padStart(9)).join(''));
}
console.log(JSON.stringify({ queries: candidates.length, depth: 100, programs: rows }));
