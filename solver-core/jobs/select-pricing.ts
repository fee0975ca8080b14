import { quantiseActivations } from '../energy/switching/integers.ts';
import type { SwitchingCell } from '../energy/switching/streams.ts';
import { tileEnergy } from '../energy/switching/tile.ts';
import type { CellEnergy, IntegerLayer, MacCellId } from '../energy/switching/types.ts';
import type { StoredLayer, StoredModel } from '../compress/select/types.ts';
import type { FitRows, ModelInput, ModelRuntime, SolveContext } from '../fit/index.ts';
import { checkAbort } from '../model/abort.ts';
import { assert } from '../model/error.ts';
import type { Layer } from '../model/layer.ts';
import type { OnnxModel } from '../onnx/index.ts';
import type { LayerInputRows } from './layer-inputs.ts';
import { layerInputs } from './layer-inputs.ts';

/** What to price: a model with stored layers, as it is written. */
export interface PricingRequest {
  /** In QDQ form, so that every layer reads what the layers below it really give. */
  readonly quantised: OnnxModel;
  /** The layers as they were before, by whose names the inputs are found. */
  readonly layers: readonly Layer[];
  readonly stored: StoredModel;
  readonly input: ModelInput;
  readonly data: FitRows;
  readonly runtime: ModelRuntime;
  readonly cells: readonly SwitchingCell[];
  readonly seed: number;
  readonly context: SolveContext;
}

/** Switching energy of all multiply-adds of one inference, cell by cell; a cell that cannot hold a weight of the layer has none. */
export interface PricedLayer {
  readonly id: string;
  readonly macs: number;
  readonly cells: ReadonlyMap<MacCellId, CellEnergy>;
}

/** Samples that are run, and transitions that every unit of a tile is simulated on. */
const samples = 256;
const rowsPerLayer = 2048;
const tileRows = 128;

/** Simulates whole tiles of every stored layer on the integers that it holds and reads. Rejects with AbortError. */
export async function priceLayers(request: PricingRequest): Promise<readonly PricedLayer[]> {
  const { quantised, layers, stored, input, data, runtime, cells, seed, context } = request;
  const wanted = layers.filter(({ id }) => stored.has(id));
  const priced: PricedLayer[] = [];
  const inputs = layerInputs({ model: quantised, layers: wanted, input, data, runtime, context, samples, rows: rowsPerLayer, seed });
  for await (const rows of inputs) {
    const held = stored.get(rows.layer.id);
    assert(held !== undefined, `layer ${rows.layer.id} was not asked for`);
    const layer = integersOf(rows, held);
    const energies = new Map<MacCellId, CellEnergy>();
    for (const cell of cells) {
      checkAbort(context.abort);
      await context.host.pause();
      if (canHold(cell, held.integers)) energies.set(cell.id, tileEnergy(cell, layer, { rows: tileRows, seed }).energy);
    }
    context.onProgress?.(priced.length / wanted.length, `simulating layer ${priced.length + 1} of ${wanted.length}`);
    priced.push({ id: layer.id, macs: layer.positions * layer.weights.length, cells: energies });
  }
  return priced;
}

/** True when the cell can hold every one of these weights. */
export function canHold(cell: SwitchingCell, integers: Int8Array): boolean {
  const allowed = new Set(cell.allowed);
  return integers.every((v) => allowed.has(v));
}

function integersOf({ layer, x, rows, positions, runRows }: LayerInputRows, { integers, input }: StoredLayer): IntegerLayer {
  assert(layer.linear !== null && input !== undefined, `layer ${layer.id} has no integers`);
  const { inputs, outputs, groups } = layer.linear;
  assert(input !== undefined, `the inputs of layer ${layer.id} are not integers`);
  const activations = new Uint8Array(x.length);
  quantiseActivations(x, input, activations);
  return {
    id: layer.id,
    weights: integers,
    d: inputs * groups,
    k: outputs / groups,
    rows,
    activations,
    positions,
    runRows,
    ...(groups === 1 ? {} : { groupInputs: inputs }),
  };
}
