import type { Host } from '../model/abort.ts';
import { checkAbort } from '../model/abort.ts';
import type { AbortFlag } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import type { TensorSlices } from '../onnx/tensor-slices.ts';
import type { WeightFigures } from '../protocol/index.ts';

/** Numbers read at once: 512 kB, whatever the size of the tensor. */
const sliceElements = 1 << 16;

/** Slices after which the event loop gets a turn. */
const slicesPerTurn = 8;

/** What reading through a tensor needs besides it. `onSlice`: the elements read since the last call. */
export interface ReadContext {
  readonly host: Pick<Host, 'pause'>;
  readonly abort?: AbortFlag | undefined;
  readonly onSlice?: (elements: number) => void;
}

/** Calls `see` with one slice of numbers after another. Throws TierwiseError weights-not-readable, and AbortError when asked to stop. */
export async function eachSlice(
  weight: TensorSlices,
  context: ReadContext,
  see: (values: Float64Array, start: number) => void,
): Promise<void> {
  const buffer = new Float64Array(Math.min(sliceElements, weight.elements));
  for (let start = 0, slice = 0; start < weight.elements; start += sliceElements, slice++) {
    if (slice % slicesPerTurn === slicesPerTurn - 1) await context.host.pause();
    checkAbort(context.abort);
    const count = Math.min(sliceElements, weight.elements - start);
    const problem = weight.read(start, count, buffer);
    if (problem !== null) throw new TierwiseError(problem.code, problem.message, 'Export the model again, or fetch its data again.');
    see(count === buffer.length ? buffer : buffer.subarray(0, count), start);
    context.onSlice?.(count);
  }
}

/** What one pass over the numbers gives. */
export interface Extent {
  readonly count: number;
  readonly nonFinite: number;
  readonly zeros: number;
  /** Over finite values; +Infinity and -Infinity when there are none. */
  readonly min: number;
  readonly max: number;
  /** NaN when there are no finite values. */
  readonly mean: number;
}

/** Ends, zeros and mean. The mean is a compensated sum (Neumaier) of values scaled down so far that it cannot overflow. */
export async function extentOf(weight: TensorSlices, context: ReadContext): Promise<Extent> {
  let [nonFinite, zeros, sum, rest] = [0, 0, 0, 0];
  let [min, max] = [Infinity, -Infinity];
  await eachSlice(weight, context, (values) => {
    for (let i = 0; i < values.length; i++) {
      const x = values[i]!;
      if (!Number.isFinite(x)) {
        nonFinite++;
        continue;
      }
      if (x === 0) zeros++;
      if (x < min) min = x;
      if (x > max) max = x;
      const part = scaledDown(x);
      const next = sum + part;
      rest += Math.abs(sum) >= Math.abs(part) ? sum - next + part : part - next + sum;
      sum = next;
    }
  });
  const finite = weight.elements - nonFinite;
  const mean = finite === 0 ? NaN : scaledUp((sum + rest) / finite);
  return { count: weight.elements, nonFinite, zeros, min, max, mean: Math.min(Math.max(mean, min), max) };
}

// 2^53 values of 2^1023 overflow as they are and cannot over 2^60. What that costs is an absolute error of 2^-1014.
const shift = 2 ** -60;
function scaledDown(x: number): number {
  return x * shift;
}
function scaledUp(x: number): number {
  return x / shift;
}

/** The ends of a histogram: those of the finite values, pushed apart where they are too close for `bins` distinct edges. */
export function histogramEdges(extents: readonly Extent[], bins: number): number[] {
  const ends = extents.filter((extent) => extent.min <= extent.max);
  let low = ends.length === 0 ? 0 : Math.min(...ends.map((extent) => extent.min));
  let high = ends.length === 0 ? 0 : Math.max(...ends.map((extent) => extent.max));
  const magnitude = Math.max(Math.abs(low), Math.abs(high));
  if (low === high) {
    // One value alone stands in the middle of a bin-wide picture of its own size.
    const pad = magnitude === 0 ? 0.5 : magnitude / 2;
    low = Math.max(low - pad, -Number.MAX_VALUE);
    high = Math.min(high + pad, Number.MAX_VALUE);
  }
  const least = Math.max(magnitude * 2 ** -40, 2 ** -1000) * bins;
  if (high / 2 - low / 2 < least / 2) {
    low = Math.max(low - least, -Number.MAX_VALUE);
    high = Math.min(high + least, Number.MAX_VALUE);
  }
  const edges = Array.from({ length: bins + 1 }, (_, i) => low * (1 - i / bins) + high * (i / bins));
  edges[bins] = high;
  return edges;
}

/** The bin of a finite value within the edges: bin i holds edges[i] <= x < edges[i + 1], the last one its end, too. */
export function binOf(x: number, edges: readonly number[]): number {
  const bins = edges.length - 1;
  const low = edges[0]!;
  const high = edges[bins]!;
  // Halves: the distance of two doubles may be no double.
  let bin = Math.min(bins - 1, Math.max(0, Math.floor(((x / 2 - low / 2) / (high / 2 - low / 2)) * bins)));
  while (bin > 0 && x < edges[bin]!) bin--;
  while (bin < bins - 1 && x >= edges[bin + 1]!) bin++;
  return bin;
}

/** Share of the largest magnitude below which a weight counts as near zero. */
const nearZeroShare = 0.01;

/** The second pass: counts per bin, near zeros and the spread about the mean. */
export class Spread {
  readonly counts: number[];
  readonly #edges: readonly number[];
  readonly #extent: Extent;
  readonly #near: number;
  readonly #magnitude: number;
  #nearZeros = 0;
  #squares = 0;

  constructor(extent: Extent, edges: readonly number[]) {
    this.#extent = extent;
    this.#edges = edges;
    this.counts = Array.from({ length: edges.length - 1 }, () => 0);
    this.#magnitude = Math.max(Math.abs(extent.min), Math.abs(extent.max));
    this.#near = this.#magnitude * nearZeroShare;
  }

  see(values: Float64Array): void {
    const { counts } = this;
    const edges = this.#edges;
    const near = this.#near;
    const { mean } = this.#extent;
    // Distances over the largest magnitude: their squares neither overflow nor vanish.
    const magnitude = this.#magnitude > 0 ? this.#magnitude : 1;
    let squares = 0;
    for (let i = 0; i < values.length; i++) {
      const x = values[i]!;
      if (!Number.isFinite(x)) continue;
      const bin = binOf(x, edges);
      counts[bin] = counts[bin]! + 1;
      if (x === 0 || Math.abs(x) < near) this.#nearZeros++;
      const distance = x / magnitude - mean / magnitude;
      squares += distance * distance;
    }
    // Summed per slice: the error grows with the length of a slice, not of the tensor.
    this.#squares += squares;
  }

  figures(): WeightFigures {
    const { count, nonFinite, zeros, min, max, mean } = this.#extent;
    const finite = count - nonFinite;
    if (finite === 0) return { count, nonFinite, zeros: 0, nearZeros: 0, min: null, max: null, mean: null, standardDeviation: null };
    const magnitude = this.#magnitude > 0 ? this.#magnitude : 1;
    const standardDeviation = Math.min(Math.sqrt(this.#squares / finite) * magnitude, Number.MAX_VALUE);
    return { count, nonFinite, zeros, nearZeros: this.#nearZeros, min, max, mean, standardDeviation };
  }
}

/** ‖a − b‖_F / ‖b‖_F over the values that are finite on both sides, summed slice by slice and scaled by `magnitude` against overflow. */
export class Change {
  readonly #magnitude: number;
  #difference = 0;
  #norm = 0;
  #differs = false;

  constructor(magnitude: number) {
    this.#magnitude = magnitude > 0 && Number.isFinite(magnitude) ? magnitude : 1;
  }

  see(after: Float64Array, before: Float64Array): void {
    let [difference, norm] = [0, 0];
    for (let i = 0; i < after.length; i++) {
      const a = after[i]!;
      const b = before[i]!;
      if (!Object.is(a, b) && a !== b) this.#differs = true;
      if (!Number.isFinite(a) || !Number.isFinite(b)) continue;
      const d = a / this.#magnitude - b / this.#magnitude;
      const n = b / this.#magnitude;
      difference += d * d;
      norm += n * n;
    }
    this.#difference += difference;
    this.#norm += norm;
  }

  /** Whether any value differs; two NaN do not. */
  get differs(): boolean {
    return this.#differs;
  }

  /** null when the norm is zero. */
  get relative(): number | null {
    return this.#norm === 0 ? null : Math.sqrt(this.#difference / this.#norm);
  }
}
