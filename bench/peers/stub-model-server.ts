/** A server in a process of its own that writes a query that fits, about the number of the page that it is shown. */
import { serveReplies } from './serve-replies.js';

serveReplies((body) => {
  const key = /"(\w[\w-]* search)\\?"\s*:\s*\{/.exec(body)?.[1] ?? 'question search';
  // Words of its own, or most would be near-duplicates of each other.
  const number = /number (\w+)/.exec(body)?.[1] ?? 'none';
  return JSON.stringify({ [key]: `why would ${number}a and ${number}b have cost ${number}c?` });
});
