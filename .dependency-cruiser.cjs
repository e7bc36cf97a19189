// Imports point one way: a layer may import only those before it in this list.
const layers = [
  'core',
  'prompts',
  'models',
  'retrieval',
  'formats',
  'rerank',
  'generate',
  'evaluate',
  'distill',
  'pipeline',
  'surfaces',
];

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-index-inside',
      comment:
        "An index.ts is for users of the package: import the file that owns the thing. The package's own index re-exports the layers', and the library's the reranking layer's.",
      severity: 'error',
      from: { path: '^src', pathNot: '^src/(surfaces/library/)?index\\.ts$' },
      to: { path: ['^src/index\\.ts$', '^src/.+/index\\.ts$'] },
    },
    {
      name: 'heavy-packages-on-demand',
      comment:
        "Native and framework packages load with import() in their adapter, so that rankforge/rerank never loads them. A framework's own surface extends its classes.",
      severity: 'error',
      from: { path: '^src', pathNot: '^src/surfaces/langchain/' },
      to: {
        path: 'node_modules/(node-llama-cpp|onnxruntime-node|langchain|@langchain)/',
        dependencyTypesNot: ['type-only', 'type-import'],
        dynamic: false,
      },
    },
    ...layers.map((layer, index) => ({
      name: `${layer}-imports-only-what-is-before-it`,
      severity: 'error',
      from: { path: `^src/${layer}/` },
      to: { path: `^src/(${layers.slice(index + 1).join('|') || 'none'})/` },
    })),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
