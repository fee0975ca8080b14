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
  /** Elements of one channel of the input. */
  readonly channelSize: number;
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
  return { spatial, geometry, before, output, positions: product(output), taps: product(kernel), channelSize: product(spatial) };
}

/**
 * Offset, in a channel of the input, of every line of the window along the last dimension, for one output line; -1 for lines in the
 * padding. line: number of the output line, all output dimensions but the last counted; into: [taps / last kernel size].
 */
export function lineOffsets(grid: PatchGrid, line: number, into: Int32Array): void {
  const { spatial, geometry, before, output } = grid;
  const { kernel, strides, dilations } = geometry;
  into.fill(0);
  let rest = line;
  let repeats = 1;
  let pitch = spatial.at(-1)!;
  // From the last dimension but one to the first; `repeats` is the number of lines in the dimensions already done.
  for (let i = spatial.length - 2; i >= 0; i--) {
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
 * dimensions; padding reads 0. x: [channels, ...spatial]; into: [rows, range.count * taps] from `at` on; lines: scratch, see lineOffsets.
 */
export function fillPatches(
  x: Float32Array,
  grid: PatchGrid,
  range: ChannelRange,
  firstPosition: number,
  rows: number,
  into: Float32Array,
  at: number,
  lines: Int32Array,
): void {
  const columns = range.count * grid.taps;
  const width = grid.output.at(-1)!;
  const last = grid.spatial.length - 1;
  const stride = grid.geometry.strides[last]!;
  const before = grid.before[last]!;
  let outputLine = -1;
  for (let p = 0; p < rows; p++) {
    const position = firstPosition + p;
    const line = Math.floor(position / width);
    if (line !== outputLine) lineOffsets(grid, line, lines);
    outputLine = line;
    fillPatch(x, grid, range, (position - line * width) * stride - before, into, at + p * columns, lines);
  }
}

/** One patch, whose window starts at `start` of the last dimension, which may be negative. */
function fillPatch(
  x: Float32Array,
  grid: PatchGrid,
  range: ChannelRange,
  start: number,
  into: Float32Array,
  at: number,
  lines: Int32Array,
): void {
  const last = grid.spatial.length - 1;
  const size = grid.spatial[last]!;
  const dilation = grid.geometry.dilations[last]!;
  const kernel = grid.geometry.kernel[last]!;
  const { channelSize } = grid;
  const count = lines.length;
  // Kernel elements low .. high - 1 read inside the input.
  const low = start >= 0 ? 0 : Math.min(kernel, Math.ceil(-start / dilation));
  const high = Math.max(low, Math.min(kernel, Math.ceil((size - start) / dilation)));
  const isWhole = high - low === kernel;
  const end = range.first + range.count;
  let to = at;
  for (let c = range.first; c < end; c++) {
    const base = c * channelSize + start;
    for (let line = 0; line < count; line++) {
      const offset = lines[line]!;
      if (offset >= 0 && isWhole) {
        let read = base + offset;
        for (let k = 0; k < kernel; k++, read += dilation) into[to++] = x[read]!;
        continue;
      }
      for (let k = 0; k < kernel; k++) into[to++] = offset < 0 || k < low || k >= high ? 0 : x[base + offset + k * dilation]!;
    }
  }
}
