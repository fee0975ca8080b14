/** Width of partial sums, and the mask of their bits. */
export const sumBits = 22;
export const sumMask = 2 ** sumBits - 1;

/** A way to sort changes of a partial sum into groups of like energy. */
export interface SumGrouping {
  readonly id: 'msb-distance' | 'high-bits';
  readonly count: number;
  /** Group of the change from one 22-bit sum to the next, 0..count-1. Only the lowest 22 bits of the sums are looked at. */
  group(before: number, after: number): number;
}

/** First bit of each range of MSB positions but the first; the sign bit (21) is a range of its own, because it moves all bits above the magnitude. */
const msbRanges = [6, 9, 12, 15, 21];
/** First Hamming distance of each range but the first. */
const distanceRanges = [4, 8, 12];

/**
 * The default, after the source paper (arXiv 2511.17123, whose bin limits are not published): position of the highest bit that changes,
 * which says how far the carries reach, times how many bits change. Group 0 is "no change"; then 6 ranges of the position by 4 of the
 * distance: 25 groups, of which a layer meets about 15.
 */
export const msbDistance: SumGrouping = {
  id: 'msb-distance',
  count: 1 + (msbRanges.length + 1) * (distanceRanges.length + 1),
  group(before, after) {
    const changed = (before ^ after) & sumMask;
    if (changed === 0) return 0;
    const msb = rangeOf(31 - Math.clz32(changed), msbRanges);
    return 1 + msb * (distanceRanges.length + 1) + rangeOf(popcount(changed), distanceRanges);
  },
};

/** The alternative: how many of the 12 highest bits change, 13 groups. */
export const highBits: SumGrouping = {
  id: 'high-bits',
  count: 13,
  group: (before, after) => popcount(((before ^ after) & sumMask) >>> 10),
};

/** Number of bits set in the lowest 32 bits. */
export function popcount(bits: number): number {
  let count = bits - ((bits >>> 1) & 0x55555555);
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333);
  return Math.imul((count + (count >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function rangeOf(value: number, starts: readonly number[]): number {
  let range = 0;
  while (range < starts.length && value >= starts[range]!) range++;
  return range;
}
