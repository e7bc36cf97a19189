import { ContextualCompressionRetriever } from '@langchain/classic/retrievers/contextual_compression';
import { Document } from '@langchain/core/documents';
import { AIMessage, ToolMessage } from '@langchain/core/messages';
import { BaseRetriever } from '@langchain/core/retrievers';
import { createAgent, FakeToolCallingModel } from 'langchain';
import { expect, test } from 'vitest';
import { RankforgeCompressor } from '../../../src/surfaces/langchain/compressor.js';
import { rerankTool } from '../../../src/surfaces/langchain/rerank-tool.js';

const documents = [
  'Ticks are no insects.',
  'A flea lives for two to three months.',
  'The fleas of cats and dogs live on blood.',
].map((pageContent, index) => new Document({ pageContent, id: `d${index}`, metadata: { index } }));

class Everything extends BaseRetriever {
  lc_namespace = ['test'];
  override async _getRelevantDocuments() {
    return documents;
  }
}

test('a contextual compression retriever returns reranked copies', async () => {
  await using baseCompressor = new RankforgeCompressor({ compare: 'bm25' }, { top: 2 });
  const retriever = new ContextualCompressionRetriever({ baseRetriever: new Everything(), baseCompressor });
  const found = await retriever.invoke('how many months does a flea live');
  expect(found.map(({ id }) => id)).toEqual(['d1', 'd2']);
  expect(found[0]!.metadata).toEqual({ index: 1, relevanceScore: expect.any(Number) });
  expect(documents[1]!.metadata).toEqual({ index: 1 });
});

test('low scores are dropped', async () => {
  const compressor = new RankforgeCompressor({ compare: 'bm25' }, { minScore: 0.01 });
  const kept = await compressor.compressDocuments(documents, 'flea live');
  expect(kept.map(({ id }) => id)).toEqual(['d1', 'd2']);
});

test('an agent calls the tool and gets the ranking', async () => {
  const args = {
    query: 'how many months does a flea live',
    documents: documents.map(({ pageContent }) => pageContent),
    top: 1,
  };
  const model = new FakeToolCallingModel({ toolCalls: [[{ name: 'rerank', args, id: 'call-1' }], []] });
  const agent = createAgent({ model, tools: [rerankTool({ compare: 'bm25' })] });
  const { messages } = await agent.invoke({ messages: [{ role: 'user', content: 'which text is it?' }] });
  const answer = messages.find((message) => ToolMessage.isInstance(message));
  expect(JSON.parse(String(answer?.content))).toEqual([
    { index: 1, score: expect.any(Number), text: documents[1]!.pageContent },
  ]);
  expect(messages.at(-1)).toBeInstanceOf(AIMessage);
});
