import type { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { openReranker } from '../open-reranker.js';
import { aborted, addServingFlags, type ServingFlags, servingOptions } from '../serving-flags.js';

export function addServeCommand(program: Command, context: CliContext): void {
  addServingFlags(
    program
      .command('serve')
      .description('Serve a reranker over HTTP, in the shapes of Cohere, Jina, Voyage and TEI')
      .option('--name <name>', 'what clients see as the model', 'rankforge'),
    { port: 8080 },
  ).action((options: ServingFlags & { name: string }) => serve(options, context));
}

async function serve(options: ServingFlags & { name: string }, context: CliContext): Promise<void> {
  const { signal, stderr } = context;
  // Only now: no other command should wait for a web server to load.
  const { startRerankServer } = await import('../../http/rerank-server.js');
  const serving = await servingOptions(options, context);
  await using reranker = await openReranker(options, context);
  signal.throwIfAborted();
  const server = await startRerankServer({
    ...serving,
    reranker,
    name: options.name,
  });
  stderr(`Serving ${reranker.name} at ${server.url} (Ctrl-C stops)\n`);
  await aborted(signal);
  await server.stop();
}
