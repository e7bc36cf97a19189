/** Everything under one name, reranking flat. Each layer is also a subpath of its own (`rankforge/rerank`), which loads only what it needs. */
export * from './core/index.js';
export * as distill from './distill/index.js';
export * as evaluate from './evaluate/index.js';
export * as formats from './formats/index.js';
export * as generate from './generate/index.js';
export * as models from './models/index.js';
export * as pipeline from './pipeline/index.js';
export * as prompts from './prompts/index.js';
export * as retrieval from './retrieval/index.js';
export * from './surfaces/library/index.js';
