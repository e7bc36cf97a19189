import type { LLM } from '@llamaindex/core/llms';
import { RetrieverQueryEngine } from '@llamaindex/core/query-engine';
import { BaseSynthesizer } from '@llamaindex/core/response-synthesizers';
import { BaseRetriever } from '@llamaindex/core/retriever';
import { EngineResponse, TextNode } from '@llamaindex/core/schema';
import { expect, test } from 'vitest';
import { RankforgePostprocessor } from '../../../src/surfaces/llamaindex/postprocessor.js';

const nodes = [
  'Ticks are no insects.',
  'A flea lives for two to three months.',
  'The fleas of cats and dogs live on blood.',
].map((text, index) => ({ node: new TextNode({ text, id_: `n${index}` }), score: 0.5 }));

class Everything extends BaseRetriever {
  // biome-ignore lint/complexity/noUselessConstructor: that of the base class is protected
  constructor() {
    super();
  }
  override async _retrieve() {
    return nodes;
  }
}

/** Answers with the text of the first node, where others would ask a language model. */
class FirstNode extends BaseSynthesizer {
  constructor() {
    // It asks none.
    super({ llm: { metadata: { contextWindow: 1000, tokenizer: undefined } } as LLM });
  }
  protected override async getResponse(_: unknown, found: typeof nodes): Promise<EngineResponse> {
    return EngineResponse.fromResponse(found[0]!.node.text, false, found);
  }
  protected override _getPrompts() {
    return {};
  }
  protected override _updatePrompts() {}
  protected override _getPromptModules() {
    return {};
  }
}

test('a query engine answers from reranked nodes', async () => {
  await using postprocessor = new RankforgePostprocessor({ compare: 'bm25' }, { top: 2 });
  const engine = new RetrieverQueryEngine(new Everything(), new FirstNode(), [postprocessor]);
  const { response, sourceNodes } = await engine.query({ query: 'how many months does a flea live' });
  expect(response).toBe('A flea lives for two to three months.');
  expect(sourceNodes?.map(({ node }) => node.id_)).toEqual(['n1', 'n2']);
  expect(sourceNodes![0]!.score).toBeGreaterThan(sourceNodes![1]!.score!);
  expect(nodes[1]!.score).toBe(0.5);
});

test('message parts are read as one query, and no query is an error', async () => {
  const postprocessor = new RankforgePostprocessor({ compare: 'bm25' });
  const ranked = await postprocessor.postprocessNodes(nodes, [
    { type: 'text', text: 'flea' },
    { type: 'text', text: 'live' },
  ]);
  expect(ranked[0]!.node.id_).toBe('n1');
  await expect(postprocessor.postprocessNodes(nodes)).rejects.toMatchObject({ code: 'usage' });
});
