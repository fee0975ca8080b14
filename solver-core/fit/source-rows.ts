import { TierwiseError, assert } from '../model/error.ts';
import type { LinearForm } from '../model/layer.ts';
import type { ActivationChunk, ActivationSource, TensorSource } from './activations.ts';
import { fillPatches, patchGrid } from './patches.ts';
import type { ChannelRange, PatchGrid } from './patches.ts';

/** Most numbers in a tile of patches: 4 MiB as float32, so that tile and Gram share a cache. Tiles have 256 rows at least. */
const tileElements = 2 ** 20;
const leastTileRows = 256;
/** What a tile takes in memory, about. */
export const tileBytes = 4 * tileElements;

/** What a layer reads, as the rows of its ridge problem; `group`: 0 .. groups-1. Rejects with `model-run-failed` for a shape that does not fit. */
export function linearRows(tensors: TensorSource, form: LinearForm, group: number): ActivationSource {
  if (form.patches === null) return lastDimensionRows(tensors, form.inputs);
  const grid = patchGrid(form.patches, tensors.shape.slice(1));
  const taps = form.patches.kernel.reduce((a, b) => a * b, 1);
  const count = form.inputs / taps;
  if (grid === undefined || tensors.shape[0] !== count * form.groups) {
    throw wrongShape(
      tensors,
      `${count * form.groups} channels and spatial dimensions that its window of [${form.patches.kernel.join(', ')}] fits into`,
    );
  }
  return patchRows(tensors, grid, { first: group * count, count });
}

/** Rows of the last dimension: one per sample, or one per position of a sequence. */
export function lastDimensionRows(tensors: TensorSource, columns: number): ActivationSource {
  const elements = tensors.shape.reduce((a, b) => a * b, 1);
  const positions = elements / columns;
  if (tensors.shape.at(-1) !== columns || !Number.isInteger(positions) || positions < 1) {
    throw wrongShape(tensors, `${columns} as its last dimension`);
  }
  return {
    rows: tensors.samples * positions,
    columns,
    positions,
    async *chunks() {
      for await (const { first, count, tensor, bytes } of tensors.batches()) {
        const stored = bytes === undefined ? {} : { bytes };
        yield { rows: count * positions, firstRow: first * positions, x: tensor.data, ...stored };
      }
    },
  };
}

/** Patches of every output position, sample after sample, in tiles; computed on every pass, because they are larger than what they are cut from. */
function patchRows(tensors: TensorSource, grid: PatchGrid, range: ChannelRange): ActivationSource {
  const { positions } = grid;
  const columns = range.count * grid.taps;
  const mostRows = Math.floor(tileElements / columns);
  return {
    rows: tensors.samples * positions,
    columns,
    positions,
    async *chunks(preferredRows = Infinity): AsyncGenerator<ActivationChunk> {
      const tileRows = Math.max(leastTileRows, Math.min(preferredRows, mostRows));
      const lines = new Int32Array(grid.taps / grid.geometry.kernel.at(-1)!);
      const x = new Float32Array(Math.min(tileRows, tensors.samples * positions) * columns);
      for await (const { first, count, tensor } of tensors.batches()) {
        const elements = tensor.data.length / count;
        for (let row = 0; row < count * positions; row += tileRows) {
          const end = Math.min(count * positions, row + tileRows);
          for (let at = row; at < end;) {
            const sample = Math.floor(at / positions);
            const stop = Math.min(end, (sample + 1) * positions);
            const values = tensor.data.subarray(sample * elements, (sample + 1) * elements);
            fillPatches(values, grid, range, at - sample * positions, stop - at, x, (at - row) * columns, lines);
            at = stop;
          }
          yield { rows: end - row, firstRow: first * positions + row, x: x.subarray(0, (end - row) * columns) };
        }
      }
    },
  };
}

/** The mean over the positions of every sample: what a layer reads whose output is averaged, because averaging and the layer are both linear. */
export function averagedRows(source: ActivationSource): ActivationSource {
  const { positions, columns } = source;
  if (positions === 1) return source;
  return {
    rows: source.rows / positions,
    columns,
    positions: 1,
    ...(source.means === undefined ? {} : { means: source.means }),
    async *chunks(): AsyncGenerator<ActivationChunk> {
      const sums = new Float64Array(columns);
      let seen = 0;
      let done = 0;
      for await (const { rows, x } of source.chunks()) {
        const means = new Float32Array(Math.ceil((seen + rows) / positions) * columns);
        let ready = 0;
        for (let r = 0; r < rows; r++) {
          for (let j = 0; j < columns; j++) sums[j] = sums[j]! + x[r * columns + j]!;
          if (++seen < positions) continue;
          for (let j = 0; j < columns; j++) means[ready * columns + j] = sums[j]! / positions;
          sums.fill(0);
          seen = 0;
          ready++;
        }
        if (ready > 0) yield { rows: ready, firstRow: done, x: means.subarray(0, ready * columns) };
        done += ready;
      }
    },
  };
}

/** What a layer computes, [rows, outputs of the group], in the order of `linearRows`: channels of maps become columns. */
export function outputRows(tensors: TensorSource, form: LinearForm, group: number): ActivationSource {
  if (form.patches === null) return lastDimensionRows(tensors, form.outputs);
  const columns = form.outputs / form.groups;
  const positions = tensors.shape.slice(1).reduce((a, b) => a * b, 1);
  if (tensors.shape[0] !== form.outputs) throw wrongShape(tensors, `${form.outputs} channels`);
  return {
    rows: tensors.samples * positions,
    columns,
    positions,
    async *chunks() {
      for await (const { first, count, tensor } of tensors.batches()) {
        const x = new Float32Array(count * positions * columns);
        for (let sample = 0; sample < count; sample++) {
          for (let o = 0; o < columns; o++) {
            const from = (sample * form.outputs + group * columns + o) * positions;
            for (let p = 0; p < positions; p++) x[(sample * positions + p) * columns + o] = tensor.data[from + p]!;
          }
        }
        yield { rows: count * positions, firstRow: first * positions, x };
      }
    },
  };
}

function wrongShape(tensors: TensorSource, expected: string): TierwiseError {
  assert(tensors.samples > 0, 'there are no rows');
  return new TierwiseError(
    'model-run-failed',
    `the layer reads or gives values of shape [${tensors.shape.join(', ')}] per sample, expected ${expected}`,
    'Check the model with `tierwise inspect`.',
  );
}
