import { borda } from './borda.js';
import type { Aggregation } from './meetings.js';
import { pageRank } from './pagerank.js';
import { plackettLuce } from './plackett-luce.js';
import { winRate } from './win-rate.js';

export const aggregations = {
  pagerank: pageRank,
  borda,
  'win-rate': winRate,
  'plackett-luce': plackettLuce,
} satisfies Record<string, Aggregation>;

export type AggregationName = keyof typeof aggregations;
