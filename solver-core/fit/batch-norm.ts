import { TierwiseError } from '../model/error.ts';
import type { NormForm } from '../model/layer.ts';
import { modelOutputs } from './activations.ts';
import type { SolveContext } from './backend.ts';
import type { FitRequest } from './fit-request.ts';
import type { WeightTensor } from './model-editor.ts';

/**
 * New statistics of a batch normalisation behind a layer that has new weights: mean and variance (divided by the count, as the
 * normalisation of a training batch) of each channel over all fit rows and positions, in closed form from one pass. Scale and shift stay.
 * `weights`: all new weights so far. A channel that does not change gets the variance 0; the operator's epsilon keeps it finite.
 */
export async function normStatistics(
  request: FitRequest,
  norm: NormForm,
  weights: ReadonlyMap<string, WeightTensor>,
  context: SolveContext,
): Promise<Map<string, WeightTensor>> {
  const { data, input, runtime, editor } = request;
  const { channels } = norm;
  const runner = await runtime.open(editor.encode(weights, [norm.input]));
  const sums = emptyChannelSums(channels);
  try {
    for await (const { count, tensor } of modelOutputs(runner, data, input, norm.input, context)) {
      const positions = tensor.data.length / (count * channels);
      if (tensor.dims[1] !== channels || !Number.isInteger(positions)) {
        throw new TierwiseError(
          'model-run-failed',
          `a batch normalisation reads values of shape [${tensor.dims.slice(1).join(', ')}] per sample, expected ${channels} channels first`,
          'Check the model with `tierwise inspect`.',
        );
      }
      addChannels(sums, tensor.data, count, positions);
    }
  } finally {
    await runner.dispose();
  }
  const mean = new Float32Array(channels);
  const variance = new Float32Array(channels);
  for (let c = 0; c < channels; c++) {
    const shifted = sums.sum[c]! / sums.rows;
    mean[c] = sums.shift[c]! + shifted;
    variance[c] = Math.max(0, sums.square[c]! / sums.rows - shifted * shifted);
  }
  return new Map([
    [norm.mean, { dims: [channels], data: mean }],
    [norm.variance, { dims: [channels], data: variance }],
  ]);
}

/** Sums of each channel, shifted by its first value so that a large common offset costs no digits. */
interface ChannelSums {
  rows: number;
  readonly shift: Float64Array;
  readonly sum: Float64Array;
  readonly square: Float64Array;
}

function emptyChannelSums(channels: number): ChannelSums {
  return { rows: 0, shift: new Float64Array(channels), sum: new Float64Array(channels), square: new Float64Array(channels) };
}

/** values: [count, channels, positions]. */
function addChannels(into: ChannelSums, values: Float32Array, count: number, positions: number): void {
  const { shift, sum, square } = into;
  const channels = shift.length;
  if (into.rows === 0) for (let c = 0; c < channels; c++) shift[c] = values[c * positions]!;
  for (let n = 0; n < count; n++) {
    for (let c = 0; c < channels; c++) {
      const from = (n * channels + c) * positions;
      const offset = shift[c]!;
      let [s, q] = [0, 0];
      for (let p = 0; p < positions; p++) {
        const v = values[from + p]! - offset;
        s += v;
        q += v * v;
      }
      sum[c] = sum[c]! + s;
      square[c] = square[c]! + q;
    }
  }
  into.rows += count * positions;
}
