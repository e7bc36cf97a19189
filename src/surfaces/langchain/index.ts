export * from './compressor.js';
export * from './rerank-tool.js';
