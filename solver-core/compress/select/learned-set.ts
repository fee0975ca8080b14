/** What a set of values is learned from. */
export interface SetProblem {
  /** Candidates, increasing, with 0. */
  readonly values: Int16Array;
  /** [255] loss-weighted count of wanted integers u at u + 127. */
  readonly histogram: Float64Array;
  /** [255] price of each value, in the unit of the loss; not negative. */
  readonly prices: Float64Array;
  readonly size: number;
}

/**
 * A low-energy set of `size` values that keeps the range the weights need: from {0}, greedily the value that makes
 * Σ_u histogram(u)·min_v [(u − v)² + price(v)] smallest (method 5.4). "The cheapest values" would lose the range. Increasing.
 */
export function learnedSet({ values, histogram, prices, size }: SetProblem): Int16Array {
  const chosen = new Set<number>([0]);
  const cost = Float64Array.from({ length: 255 }, (_, u) => (u - 127) ** 2 + prices[127]!);
  while (chosen.size < Math.min(size, values.length)) {
    let [best, least] = [NaN, Infinity];
    for (const v of values) {
      if (chosen.has(v)) continue;
      let total = 0;
      for (let u = 0; u < 255; u++) {
        const count = histogram[u]!;
        if (count > 0) total += count * Math.min(cost[u]!, (u - 127 - v) ** 2 + prices[v + 127]!);
      }
      if (total < least) [best, least] = [v, total];
    }
    if (Number.isNaN(best)) break;
    chosen.add(best);
    for (let u = 0; u < 255; u++) cost[u] = Math.min(cost[u]!, (u - 127 - best) ** 2 + prices[best + 127]!);
  }
  return Int16Array.from(chosen).sort();
}

/** PowerPruning's kind of set, without its retraining: the `size` cheapest values, among them 0 and the ends of the range (method 5.5 tells what it loses). */
export function cheapestSet(values: Int16Array, prices: Float64Array, size: number): Int16Array {
  const keep = new Set<number>([0, values[0]!, values.at(-1)!]);
  const byPrice = Array.from(values).sort((a, b) => prices[a + 127]! - prices[b + 127]! || Math.abs(a) - Math.abs(b) || a - b);
  for (const v of byPrice) {
    if (keep.size >= size) break;
    keep.add(v);
  }
  return Int16Array.from(keep).sort();
}
