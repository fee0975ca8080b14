/** One spatial axis of a convolution: output o at tap t reads input o · stride + t · dilation - before, where that is stored. */
export interface Axis {
  /** Input elements that are stored; padding is not. */
  readonly size: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Zeros before the first stored element. */
  readonly before: number;
}

/** The axis that is not there: one input, one output, one tap. */
export const pointAxis: Axis = { size: 1, outputs: 1, kernel: 1, stride: 1, dilation: 1, before: 0 };

/** Part of an axis: `count` outputs from `first` on against `taps` taps from `firstTap` on. */
export interface Window {
  readonly first: number;
  readonly count: number;
  readonly firstTap: number;
  readonly taps: number;
}

/**
 * Stored input elements that a window reads, each counted once. With s and d the stride and dilation over their greatest common divisor,
 * (o, t) and (o + d, t - s) read the same element, so those pairs count that have no such partner inside the window before them.
 */
export function windowElements(axis: Axis, window: Window): number {
  const common = gcd(axis.stride, axis.dilation);
  const partnerOutputs = axis.dilation / common;
  const partnerTaps = axis.stride / common;
  let elements = 0;
  for (let tap = window.firstTap; tap < window.firstTap + window.taps; tap += 1) {
    const [from, to] = storedOutputs(axis, tap, window);
    const isLast = tap + partnerTaps >= window.firstTap + window.taps;
    elements += Math.max(0, (isLast ? to : Math.min(to, window.first + partnerOutputs)) - from);
  }
  return elements;
}

/** Pairs of an output and a tap that read a stored element: all of them less those in the padding. */
export function storedTaps(axis: Axis): number {
  let pairs = 0;
  for (let tap = 0; tap < axis.kernel; tap += 1) {
    const [from, to] = storedOutputs(axis, tap, { first: 0, count: axis.outputs, firstTap: 0, taps: axis.kernel });
    pairs += Math.max(0, to - from);
  }
  return pairs;
}

/**
 * Stored elements summed over all windows when the outputs go in tiles of `tile` and the taps in tiles of `tapTile`: elements that
 * neighbouring tiles share count in each of them. Whole tiles that touch no padding are alike, so they are counted once.
 */
export function tiledElements(axis: Axis, tile: number, tapTile: number = axis.kernel): number {
  if (axis.kernel === 1) return storedTaps(axis);
  const [from, to] = insideTiles(axis, tile);
  let elements = 0;
  for (let first = 0; first < axis.outputs; first += tile) {
    const repeats = first === from * tile && to > from ? to - from : 1;
    elements += repeats * tileElements(axis, first, Math.min(tile, axis.outputs - first), tapTile);
    first += (repeats - 1) * tile;
  }
  return elements;
}

function tileElements(axis: Axis, first: number, count: number, tapTile: number): number {
  let elements = 0;
  for (let firstTap = 0; firstTap < axis.kernel; firstTap += tapTile)
    elements += windowElements(axis, { first, count, firstTap, taps: Math.min(tapTile, axis.kernel - firstTap) });
  return elements;
}

/** Indices, from and to (exclusive), of the whole tiles all of whose taps read stored elements. */
function insideTiles(axis: Axis, tile: number): readonly [number, number] {
  const firstInside = Math.ceil(axis.before / axis.stride);
  const lastOffset = (axis.kernel - 1) * axis.dilation - axis.before;
  const insideOutputs = Math.min(axis.outputs, Math.ceil((axis.size - lastOffset) / axis.stride));
  return [Math.ceil(firstInside / tile), Math.floor(insideOutputs / tile)];
}

/** Most stored elements that `tile` neighbouring outputs can read. */
export function largestWindow(axis: Axis, tile: number): number {
  const count = Math.min(tile, axis.outputs);
  const unpadded = { ...axis, before: 0, size: Infinity };
  return Math.min(axis.size, windowElements(unpadded, { first: 0, count, firstTap: 0, taps: axis.kernel }));
}

/** Outputs of the window, from and to (exclusive), whose tap reads a stored element. */
function storedOutputs(axis: Axis, tap: number, window: Window): readonly [number, number] {
  const offset = tap * axis.dilation - axis.before;
  const from = Math.max(window.first, Math.ceil(-offset / axis.stride));
  const to = Math.min(window.first + window.count, Math.ceil((axis.size - offset) / axis.stride));
  return [from, to];
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
