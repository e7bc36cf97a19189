const [quote, backslash, openList, openObject, closeList, closeObject] = Buffer.from('"\\[{]}');

export interface JsonShape {
  /** Lists and objects. */
  readonly containers: number;
  /** The most of them inside each other. */
  readonly depth: number;
}

/** How JSON is built, counted on its bytes: parsing millions of nested lists takes seconds and many times their bytes. */
export function jsonShape(bytes: Buffer): JsonShape {
  let containers = 0;
  let depth = 0;
  let open = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === quote) {
      i = endOfString(bytes, i);
      if (i < 0) break;
    } else if (byte === openList || byte === openObject) {
      containers += 1;
      open += 1;
      if (open > depth) depth = open;
    } else if (byte === closeList || byte === closeObject) open -= 1;
  }
  return { containers, depth };
}

/** The quote that ends the string which begins at `start`, or -1. */
function endOfString(bytes: Buffer, start: number): number {
  for (let end = bytes.indexOf(quote!, start + 1); end >= 0; end = bytes.indexOf(quote!, end + 1)) {
    let before = end;
    while (bytes[before - 1] === backslash) before -= 1;
    if ((end - before) % 2 === 0) return end;
  }
  return -1;
}
