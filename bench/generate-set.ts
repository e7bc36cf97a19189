/**
 * A whole training set through the command line, against a scripted server in a process of its own: exactly as many examples as
 * ordered, how long it takes, what was rejected and why, peak memory; then the same once more, which the ledger answers alone.
 *   npx tsx bench/generate-set.ts --dataset ../shared/data/scifact --count 5000
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';

const { values } = parseArgs({
  options: {
    dataset: { type: 'string', default: '../shared/data/scifact' },
    count: { type: 'string', default: '5000' },
    concurrency: { type: 'string', default: '16' },
    latency: { type: 'string', default: '5' },
    encoder: { type: 'string', default: 'all-minilm-l6-v2' },
  },
});

const serverScript = fileURLToPath(new URL('./peers/writer-server.ts', import.meta.url));
const cli = fileURLToPath(new URL('../src/surfaces/cli/main.ts', import.meta.url));

const server = spawn(process.execPath, ['--import', 'tsx', serverScript, values.latency], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const [line] = (await once(server.stdout, 'data')) as [Buffer];
const baseUrl = line.toString().trim();
const served = async () => Number(await (await fetch(new URL('/served', baseUrl))).text());
const folder = await mkdtemp(join(tmpdir(), 'rankforge-bench-'));

interface Run {
  readonly seconds: number;
  readonly calls: number;
  readonly peakMiB: number;
}

/** The command in a process of its own; its highest resident memory is read while it runs. */
async function generate(recipe: string, out: string): Promise<Run> {
  const before = await served();
  const start = performance.now();
  const args = ['generate', recipe, '--out', out, '--ledger', join(folder, 'ledger'), '--json'];
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', cli, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let peakMiB = 0;
  const timer = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    peakMiB = Math.max(peakMiB, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  }, 200);
  const [code] = (await once(child, 'exit')) as [number];
  clearInterval(timer);
  if (code !== 0) throw new Error(`generate ended with ${code}`);
  return {
    seconds: Math.round((performance.now() - start) / 100) / 10,
    calls: (await served()) - before,
    peakMiB: Math.round(peakMiB),
  };
}

try {
  const recipe = join(folder, 'recipe.yaml');
  await writeFile(
    recipe,
    stringify({
      name: 'bench',
      dataset: resolve(values.dataset),
      encoder: values.encoder,
      models: { writer: { model: 'openai:scripted', baseUrl, concurrency: Number(values.concurrency) } },
      generate: { model: 'writer', count: Number(values.count), exports: ['sentence-transformers-triplets'] },
    }),
  );
  const out = join(folder, 'out');
  const first = await generate(recipe, out);
  const examples = (await readFile(join(out, 'generate', 'examples.jsonl'), 'utf8')).trimEnd().split('\n');
  const funnel: unknown = JSON.parse(await readFile(join(out, 'generate', 'funnel.json'), 'utf8'));
  const again = await generate(recipe, join(folder, 'again'));
  console.error(JSON.stringify({ first, again }));
  console.log(
    JSON.stringify({ ordered: Number(values.count), examples: examples.length, first, again, funnel }),
  );
} finally {
  server.kill();
  await rm(folder, { recursive: true, force: true });
}
