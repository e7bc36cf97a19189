import type { Command } from 'commander';
import { loadDataset } from '../../../formats/dataset.js';
import { openPassageSearch } from '../../mcp/passage-search.js';
import type { CliContext } from '../cli-context.js';
import { flags, integer } from '../flags.js';
import { openReranker } from '../open-reranker.js';
import { aborted, addServingFlags, type ServingFlags, servingOptions } from '../serving-flags.js';

interface McpFlags extends ServingFlags {
  dataset?: string;
  retriever: string;
  encoder: string;
  k: number;
  http?: boolean;
}

export function addMcpCommand(program: Command, context: CliContext): void {
  addServingFlags(
    program
      .command('mcp')
      .description('Serve a reranker to agents by the Model Context Protocol, over stdin and stdout')
      .option('--http', 'streamable HTTP at /mcp in place of stdin and stdout')
      .addOption(flags.dataset())
      .option('--retriever <name>', 'bm25, dense, fused, feedback or fused-feedback', 'bm25')
      .addOption(flags.encoder())
      .option('--k <n>', 'passages of a search that are reranked', integer(1, 10_000), 50),
    { port: 8081 },
  ).action((options: McpFlags) => mcp(options, context));
}

async function mcp(options: McpFlags, context: CliContext): Promise<void> {
  const { signal, stderr } = context;
  const serving = await servingOptions(options, context);
  await using search = await openSearch(options, context);
  await using reranker = await openReranker(options, context);
  signal.throwIfAborted();
  if (!options.http) {
    // The protocol's packages load when they are needed: no other command should wait for them.
    const { serveStdio } = await import('../../mcp/serve-stdio.js');
    stderr(`Speaking MCP over stdin and stdout, with ${reranker.name}\n`);
    return serveStdio({ ...serving, reranker, search, signal });
  }
  const { startMcpServer } = await import('../../mcp/serve-http.js');
  const server = await startMcpServer({
    ...serving,
    reranker,
    search,
  });
  stderr(`Serving MCP with ${reranker.name} at ${server.url}/mcp (Ctrl-C stops)\n`);
  await aborted(signal);
  await server.stop();
}

async function openSearch({ dataset, retriever, encoder, k }: McpFlags, context: CliContext) {
  if (dataset === undefined) return undefined;
  const { passages } = await loadDataset(dataset, { ...context, unknownIds: 'count' });
  return openPassageSearch(passages, { ...context, retriever, encoder, depth: k });
}
