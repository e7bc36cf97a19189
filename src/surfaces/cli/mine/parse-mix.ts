import { InvalidArgumentError } from 'commander';
import type { MixShare, NegativeKind } from '../../../generate/negatives/mix.js';

const kinds: readonly NegativeKind[] = ['mined', 'written', 'random'];
const part =
  /^(?<kind>[a-z]+)(?::(?<retriever>[^@=]+))?(?:@(?<low>[\d.]+)-(?<high>[\d.]+))?=(?<share>[\d.]+)$/;

/**
 * Shares of negatives as written on a command line: `mined:bm25@0.5-0.9=3,mined:dense=2,written=1,random=2`, each `KIND[:RETRIEVER][@LOW-HIGH]=SHARE`.
 * @throws InvalidArgumentError
 */
export function parseMix(text: string): MixShare[] {
  return text.split(',').map((piece) => {
    const { kind, retriever, low, high, share } = part.exec(piece.trim())?.groups ?? {};
    const known = kinds.find((name) => name === kind);
    if (!known || Number.isNaN(Number(share)) || Number.isNaN(Number(low ?? 0) + Number(high ?? 0))) {
      throw new InvalidArgumentError(
        `"${piece}" is no share of negatives; write ${kinds.join(', ')} as KIND[:RETRIEVER][@LOW-HIGH]=SHARE.`,
      );
    }
    return {
      kind: known,
      share: Number(share),
      ...(retriever === undefined ? {} : { retriever }),
      ...(low === undefined ? {} : { hardness: [Number(low), Number(high)] as const }),
    };
  });
}

/** A band of ranks, `3-50`. @throws InvalidArgumentError */
export function parseBand(text: string): readonly [number, number] {
  const [first, last] = /^(\d+)-(\d+)$/.exec(text.trim())?.slice(1).map(Number) ?? [];
  if (first !== undefined && last !== undefined && first >= 1 && first <= last) return [first, last];
  throw new InvalidArgumentError('A band of ranks is needed, the first from 1, such as 3-50.');
}
