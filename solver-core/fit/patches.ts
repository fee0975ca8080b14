import type { PatchGeometry } from '../model/layer.ts';

/** A sliding window over inputs of one size. Lists have one entry per spatial dimension. */
export interface PatchGrid {
  readonly spatial: readonly number[];
  readonly geometry: PatchGeometry;
  readonly before: readonly number[];
  /** Output size. */
  readonly output: readonly number[];
  /** Product of `output`. */
  readonly positions: number;
  /** Kernel elements. */
  readonly taps: number;
}

/**
 * The window's output on inputs of a size, as ONNX Conv defines it: floor((in + before + after − extent) / stride) + 1 with
 * extent = dilation · (kernel − 1) + 1; SAME gives ceil(in / stride) and pads what that needs, the odd element after (upper) or before
 * (lower). undefined when no window fits.
 */
export function patchGrid(geometry: PatchGeometry, spatial: readonly number[]): PatchGrid | undefined {
  const { kernel, strides, dilations, padding } = geometry;
  const output: number[] = [];
  const before: number[] = [];
  for (const [i, size] of spatial.entries()) {
    const extent = (kernel[i]! - 1) * dilations[i]! + 1;
    const stride = strides[i]!;
    if (typeof padding === 'string') {
      const steps = Math.ceil(size / stride);
      const total = Math.max(0, (steps - 1) * stride + extent - size);
      before.push(padding === 'same-upper' ? Math.floor(total / 2) : Math.ceil(total / 2));
      output.push(steps);
    } else {
      before.push(padding.before[i]!);
      output.push(Math.floor((size + padding.before[i]! + padding.after[i]! - extent) / stride) + 1);
    }
  }
  if (spatial.length !== kernel.length || output.some((size) => size < 1)) return undefined;
  const product = (values: readonly number[]): number => values.reduce((a, b) => a * b, 1);
  return { spatial, geometry, before, output, positions: product(output), taps: product(kernel) };
}

/**
 * Offset of every kernel element in a channel of the input, for one output position; -1 where the window reaches into the padding.
 * into: [taps], last kernel dimension fastest.
 */
export function tapOffsets(grid: PatchGrid, position: number, into: Int32Array): void {
  const { spatial, geometry, before, output } = grid;
  const { kernel, strides, dilations } = geometry;
  into.fill(0);
  let rest = position;
  let repeats = 1;
  let pitch = 1;
  // From the last dimension to the first; `repeats` is the number of taps in the dimensions already done.
  for (let i = spatial.length - 1; i >= 0; i--) {
    const size = spatial[i]!;
    const start = (rest % output[i]!) * strides[i]! - before[i]!;
    rest = Math.floor(rest / output[i]!);
    for (let tap = 0; tap < into.length; tap++) {
      const at = start + (Math.floor(tap / repeats) % kernel[i]!) * dilations[i]!;
      if (into[tap]! < 0) continue;
      into[tap] = at < 0 || at >= size ? -1 : into[tap]! + at * pitch;
    }
    repeats *= kernel[i]!;
    pitch *= size;
  }
}

/** Channels of a group: [first, first + count). */
export interface ChannelRange {
  readonly first: number;
  readonly count: number;
}

/**
 * Patches of one sample (im2col): row p holds what the window covers at output position `firstPosition + p`, order channel, kernel
 * dimensions; padding reads 0. x: [channels, ...spatial]; into: [rows, range.count * taps] from `at` on; offsets: scratch [taps].
 */
export function fillPatches(
  x: Float32Array,
  grid: PatchGrid,
  range: ChannelRange,
  firstPosition: number,
  rows: number,
  into: Float32Array,
  at: number,
  offsets: Int32Array,
): void {
  const { taps } = grid;
  const channelSize = grid.spatial.reduce((a, b) => a * b, 1);
  let to = at;
  for (let p = 0; p < rows; p++) {
    tapOffsets(grid, firstPosition + p, offsets);
    for (let c = 0; c < range.count; c++) {
      const base = (range.first + c) * channelSize;
      for (let tap = 0; tap < taps; tap++) {
        const offset = offsets[tap]!;
        into[to++] = offset < 0 ? 0 : x[base + offset]!;
      }
    }
  }
}
