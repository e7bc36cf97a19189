export type { ServedReranker } from '../library/served-reranker.js';
export { createMcpServers, type McpOptions } from './mcp-server.js';
export { openPassageSearch, type PassageSearch, type PassageSearchOptions } from './passage-search.js';
export { type McpHttpOptions, startMcpServer } from './serve-http.js';
export { type ServeStdioOptions, serveStdio } from './serve-stdio.js';
