import type { Layer, PatchGeometry } from '../../model/layer.ts';
import type { Axis } from './axis.ts';
import { pointAxis } from './axis.ts';

/**
 * A dense layer or convolution as the loops that an array walks: for every group, image, output channel, output row and output column the
 * sum over the channels of the group, kernel rows and kernel columns. A dense layer has one row per position and kernels of one tap.
 */
export interface LayerShape {
  /** Images, worked on together where the tiling says so. */
  readonly images: number;
  /** Groups, one after the other; each has its own weights, inputs and outputs. */
  readonly groups: number;
  /** Output channels of one group. */
  readonly outputs: number;
  /** Input channels of one group. */
  readonly channels: number;
  readonly rows: Axis;
  readonly columns: Axis;
}

/** Bounds of the kernels whose windows are counted one by one at the padding: far above any real layer. */
const maxKernelReach = 4096;
const maxKernel = 256;

/**
 * The shape of a layer on an array, or null where it is none that we map: recurrent layers, transposed and 3-D convolutions, unknown shapes,
 * and shapes whose loops would not multiply to the layer's own MACs. Convolutions whose window the layer does not state (quantised ones) get
 * a square kernel, strides and padding from the sizes of their tensors.
 */
export function mappedShape(layer: Layer): LayerShape | null {
  const found = /Conv/.test(layer.op) ? convolution(layer) : dense(layer);
  if (found === null || !sound(found)) return null;
  return shapeMacs(found) === layer.macs ? found : null;
}

/** Multiply-adds of a shape: all products, those with padding among them. */
export function shapeMacs(shape: LayerShape): number {
  const { images, groups, outputs, channels, rows, columns } = shape;
  return images * groups * outputs * rows.outputs * columns.outputs * channels * rows.kernel * columns.kernel;
}

/** One matrix: `positions` rows of `channels` numbers against `channels` x `outputs` weights. */
export function denseShape(positions: number, channels: number, outputs: number): LayerShape {
  return { images: 1, groups: 1, outputs, channels, rows: { ...pointAxis, size: positions, outputs: positions }, columns: pointAxis };
}

function dense(layer: Layer): LayerShape | null {
  if (!/Gemm|MatMul/.test(layer.op)) return null;
  const channels = layer.linear?.inputs ?? layer.inputShape?.at(-1);
  const outputs = layer.linear?.outputs ?? layer.outputShape?.at(-1);
  if (typeof channels !== 'number' || typeof outputs !== 'number' || layer.macs === null) return null;
  const positions = layer.macs / (channels * outputs);
  return Number.isSafeInteger(positions) && positions > 0 ? denseShape(positions, channels, outputs) : null;
}

function convolution(layer: Layer): LayerShape | null {
  if (layer.op.includes('Transpose')) return null;
  const input = numbers(layer.inputShape);
  const output = numbers(layer.outputShape);
  if (input === null || output === null || input.length !== output.length || input.length < 3 || input.length > 4) return null;
  const [images = 1, allChannels = 0, ...size] = input;
  const [, allOutputs = 0, ...outputs] = output;
  const taps = (layer.macs ?? 0) / output.reduce((product, n) => product * n, 1);
  const window = layer.linear?.patches ?? null;
  const groups = layer.linear?.groups ?? guessedGroups(allChannels, taps, size.length);
  const channels = allChannels / groups;
  const axes = size.map((_, at) =>
    window === null ? guessedAxis(size[at] ?? 0, outputs[at] ?? 0, taps / channels, size.length) : statedAxis(window, at, size, outputs),
  );
  const [first, second] = axes;
  if (first === undefined || axes.includes(null)) return null;
  const [rows, columns] = axes.length === 1 ? [pointAxis, first] : [first, second];
  if (rows === null || columns === null || columns === undefined) return null;
  return { images, groups, outputs: allOutputs / groups, channels, rows, columns };
}

function statedAxis(window: PatchGeometry, at: number, size: readonly number[], outputs: readonly number[]): Axis | null {
  const kernel = window.kernel[at];
  const stride = window.strides[at];
  const dilation = window.dilations[at];
  if (kernel === undefined || stride === undefined || dilation === undefined) return null;
  const axis = { size: size[at] ?? 0, outputs: outputs[at] ?? 0, kernel, stride, dilation };
  if (typeof window.padding !== 'string') return { ...axis, before: window.padding.before[at] ?? 0 };
  const padding = Math.max(0, (axis.outputs - 1) * stride + (kernel - 1) * dilation + 1 - axis.size);
  return { ...axis, before: window.padding === 'same-upper' ? Math.floor(padding / 2) : Math.ceil(padding / 2) };
}

/** Groups of a convolution whose weight is not at hand: 1 where the kernel then is square, else one per channel where that is. */
function guessedGroups(channels: number, taps: number, nAxes: number): number {
  const square = (n: number): boolean => Number.isInteger(Math.round(n ** (1 / nAxes))) && Math.round(n ** (1 / nAxes)) ** nAxes === n;
  return !square(taps / channels) && square(taps) ? channels : 1;
}

function guessedAxis(size: number, outputs: number, taps: number, nAxes: number): Axis | null {
  const kernel = Math.round(taps ** (1 / nAxes));
  if (kernel ** nAxes !== taps || outputs < 1) return null;
  const stride = Math.max(1, Math.round(size / outputs));
  const padding = Math.max(0, (outputs - 1) * stride + kernel - size);
  return { size, outputs, kernel, stride, dilation: 1, before: Math.floor(padding / 2) };
}

function numbers(shape: Layer['inputShape']): readonly number[] | null {
  return shape !== null && shape.every((dim) => typeof dim === 'number') ? shape : null;
}

function sound({ images, groups, outputs, channels, rows, columns }: LayerShape): boolean {
  const counts = [images, groups, outputs, channels, rows.size, rows.outputs, rows.kernel, columns.size, columns.outputs, columns.kernel];
  if (!counts.every((n) => Number.isSafeInteger(n) && n >= 1)) return false;
  return [rows, columns].every(soundAxis);
}

/** The padding is narrower than the kernel and no output lies beyond the input, so few windows differ from the rest. */
function soundAxis({ size, outputs, kernel, stride, dilation, before }: Axis): boolean {
  if (![stride, dilation].every((n) => Number.isSafeInteger(n) && n >= 1) || !Number.isSafeInteger(before) || before < 0) return false;
  const reach = kernel * dilation;
  return kernel <= maxKernel && reach <= maxKernelReach && before < reach && (outputs - 1) * stride - before < size + reach;
}
