/** Two neighbours that one layer compares: the larger leaves at the second place. */
type Comparator = readonly [number, number];

/** Layers of the odd-even sorting network for n numbers: n layers of comparators of neighbours. */
function oddEvenNetwork(n: number): Comparator[][] {
  return Array.from({ length: n }, (_, layer) => {
    const pairs: Comparator[] = [];
    for (let i = layer % 2; i + 1 < n; i += 2) pairs.push([i, i + 1]);
    return pairs;
  });
}

/**
 * A sorting network whose swaps are soft: each comparator keeps its order with α = atan(β (b − a)) / π + ½ and swaps with 1 − α.
 * @param x numbers to sort, lowest first at the end  @param group 1 for the places of the sorted list that are asked for, else 0
 * @returns the share of each of `x` that ends in those places, and a function from its gradient to that of `x`
 * @see Petersen et al. 2022, ICLR, arXiv:2203.09630 (Cauchy: monotone, so a worse order never has the smaller loss)
 */
export function softPlaces(
  x: Float64Array,
  group: Float64Array,
  steepness: number,
): { readonly shares: Float64Array; readonly backward: (upstream: Float64Array) => Float64Array } {
  const layers = oddEvenNetwork(x.length);
  const states = [Float64Array.from(x)];
  const keeps = layers.map((layer, depth) => {
    const from = states[depth]!;
    const to = Float64Array.from(from);
    const keep = layer.map(([a, b]) => {
      const alpha = Math.atan(steepness * (from[b]! - from[a]!)) / Math.PI + 0.5;
      to[a] = alpha * from[a]! + (1 - alpha) * from[b]!;
      to[b] = (1 - alpha) * from[a]! + alpha * from[b]!;
      return alpha;
    });
    states.push(to);
    return keep;
  });
  // Membership of the places is carried back through the layers, which costs n a layer; the permutation matrix would cost n².
  const members: Float64Array[] = Array.from({ length: layers.length + 1 });
  members[layers.length] = Float64Array.from(group);
  for (let depth = layers.length - 1; depth >= 0; depth--) {
    const after = members[depth + 1]!;
    const before = Float64Array.from(after);
    layers[depth]!.forEach(([a, b], c) => {
      const alpha = keeps[depth]![c]!;
      before[a] = alpha * after[a]! + (1 - alpha) * after[b]!;
      before[b] = (1 - alpha) * after[a]! + alpha * after[b]!;
    });
    members[depth] = before;
  }

  const backward = (upstream: Float64Array): Float64Array => {
    const ofKeeps = keeps.map((keep) => new Float64Array(keep.length));
    let ofMembers = Float64Array.from(upstream);
    layers.forEach((layer, depth) => {
      const after = members[depth + 1]!;
      const next = Float64Array.from(ofMembers);
      layer.forEach(([a, b], c) => {
        const alpha = keeps[depth]![c]!;
        const [ga, gb] = [ofMembers[a]!, ofMembers[b]!];
        ofKeeps[depth]![c] = (ga - gb) * (after[a]! - after[b]!);
        next[a] = alpha * ga + (1 - alpha) * gb;
        next[b] = (1 - alpha) * ga + alpha * gb;
      });
      ofMembers = next;
    });
    let ofState = new Float64Array(x.length);
    for (let depth = layers.length - 1; depth >= 0; depth--) {
      const from = states[depth]!;
      const before = Float64Array.from(ofState);
      layers[depth]!.forEach(([a, b], c) => {
        const alpha = keeps[depth]![c]!;
        const [ga, gb] = [ofState[a]!, ofState[b]!];
        const difference = from[b]! - from[a]!;
        const ofAlpha = ofKeeps[depth]![c]! - (ga - gb) * difference;
        const slope = (ofAlpha * steepness) / (Math.PI * (1 + (steepness * difference) ** 2));
        before[a] = alpha * ga + (1 - alpha) * gb - slope;
        before[b] = (1 - alpha) * ga + alpha * gb + slope;
      });
      ofState = before;
    }
    return ofState;
  };
  return { shares: members[0]!, backward };
}
