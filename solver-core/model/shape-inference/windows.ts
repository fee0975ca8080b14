import { intAttribute, intsAttribute, stringAttribute, type GraphNode } from '../graph.ts';
import type { Dim } from '../tensor.ts';
import { expectThat } from './facts.ts';

/** A sliding window along the spatial dimensions, as Conv and the pools describe it. */
export interface Window {
  readonly kernel: readonly Dim[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Begin pads of all dimensions, then end pads. */
  readonly pads: readonly number[];
  readonly autoPad: string;
  readonly ceil: boolean;
  /** True when a window that does not fit gives no output (pools) instead of being an error (convolutions). */
  readonly mayBeEmpty: boolean;
}

/** Reads the window attributes of a node with `kernel` spatial dimensions. Missing ones take ONNX's defaults. */
export function windowOf(node: GraphNode, kernel: readonly Dim[]): Window {
  const n = kernel.length;
  const strides = intsAttribute(node, 'strides') ?? new Array<number>(n).fill(1);
  const dilations = intsAttribute(node, 'dilations') ?? new Array<number>(n).fill(1);
  const pads = intsAttribute(node, 'pads') ?? new Array<number>(2 * n).fill(0);
  expectThat(
    strides.length === n && dilations.length === n && pads.length === 2 * n,
    `the window attributes do not fit ${n} spatial dimensions`,
  );
  expectThat(strides.every((s) => s >= 1) && dilations.every((d) => d >= 1), 'strides and dilations must be 1 or more');
  return {
    kernel,
    strides,
    dilations,
    pads,
    autoPad: stringAttribute(node, 'auto_pad', 'NOTSET'),
    ceil: intAttribute(node, 'ceil_mode', 0) !== 0,
    mayBeEmpty: node.op.includes('Pool'),
  };
}

/** Output size along spatial dimension `i` (ONNX Conv and pooling formulas); null when the input size is not known. */
export function windowOutput(size: Dim, w: Window, i: number): Dim {
  const kernel = w.kernel[i] ?? null;
  if (typeof size !== 'number' || typeof kernel !== 'number') return null;
  const stride = w.strides[i] ?? 1;
  const extent = (kernel - 1) * (w.dilations[i] ?? 1) + 1;
  if (w.autoPad === 'SAME_UPPER' || w.autoPad === 'SAME_LOWER') return Math.ceil(size / stride);
  const begin = w.autoPad === 'VALID' ? 0 : (w.pads[i] ?? 0);
  const end = w.autoPad === 'VALID' ? 0 : (w.pads[i + w.kernel.length] ?? 0);
  const room = size + begin + end - extent;
  const steps = w.mayBeEmpty ? Math.trunc(room / stride) + 1 : room;
  expectThat(steps >= 0, `a window of ${extent} does not fit into ${size} elements padded by ${begin} and ${end}`);
  if (!w.ceil) return Math.trunc(room / stride) + 1;
  const out = Math.ceil(room / stride) + 1;
  expectThat(out >= 0, `a window of ${extent} does not fit into ${size} elements padded by ${begin} and ${end}`);
  // A last window that would start in the end padding is dropped.
  return (out - 1) * stride >= size + begin ? out - 1 : out;
}
