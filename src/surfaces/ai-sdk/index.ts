export * from './reranking-model.js';
