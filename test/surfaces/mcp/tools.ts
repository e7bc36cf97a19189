import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';

export interface RerankContent {
  readonly results: readonly { rank: number; index?: number; id?: string; score: number; text: string }[];
  readonly scores: string;
  readonly warnings: readonly string[];
}

/** The SDK's client, connected. It checks each answer against the schema that the tool declares. */
export async function connectClient(transport: Transport): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport);
  await client.listTools();
  return client;
}

/** A tool's answer: its data, or the text of its error. */
export async function call(
  client: Client,
  name: string,
  args: Record<string, unknown>,
): Promise<RerankContent | string> {
  const result = (await client.callTool({ name, arguments: args })) as CallToolResult;
  const [content] = result.content;
  const text = content?.type === 'text' ? content.text : '';
  if (result.isError) return text;
  if (text !== JSON.stringify(result.structuredContent)) throw new Error('Text and data differ');
  return result.structuredContent as unknown as RerankContent;
}
