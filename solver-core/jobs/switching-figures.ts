import { basename } from 'node:path';
import { macCell } from '../energy/switching/gate-simulation.ts';
import { layerEnergyTable, predictedEnergy } from '../energy/switching/layer-table.ts';
import type { SimulatedUnits, SwitchedCells } from '../energy/switching/price.ts';
import type { ArrayShape, SwitchingCell } from '../energy/switching/streams.ts';
import { transitionRows } from '../energy/switching/streams.ts';
import { tileSteps } from '../energy/switching/tile.ts';
import type { TileEnergy } from '../energy/switching/tile.ts';
import type { CellEnergy } from '../energy/switching/types.ts';
import { splitRows } from '../fit/index.ts';
import { checkAbort, isAbort } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import type { Plan } from '../model/plan.ts';
import { modelRuntime } from './model-runtime.ts';
import type { Environment } from './environment.ts';
import { fileHash } from './environment.ts';
import { contextOf } from './fit-context.ts';
import { nodeHost } from './host.ts';
import { integerLayerStream } from './integer-layers.ts';
import type { CalibratedLayer, IntegerLayerStream } from './integer-layers.ts';
import type { JobControl } from './job.ts';
import { openModel } from './open-model.ts';
import { openRows } from './open-rows.ts';
import type { ReadPlan } from './read-plan.ts';
import { checkAgainstModel } from './rows-against-model.ts';
import { runnableModel } from './runnable-model.ts';
import { asFloats } from './stored-integers.ts';
import { adviceOnValues } from './weight-values.ts';

/** What the multiply-adds of one layer switch. */
export interface SwitchedLayer {
  readonly id: string;
  /** Multiply-adds of one inference that `switched` is for. */
  readonly macs: number;
  /** By whole tiles. */
  readonly switched: SwitchedCells;
  /** (grouped - tiles) / tiles for the first cell. */
  readonly grouped: number;
  readonly tiles: number;
  /** What follows each other through the loaded weights: of a layer with one position per inference samples, else positions. */
  readonly streams: 'samples' | 'positions';
  readonly columns: number;
  readonly simulatedColumns: number;
  readonly inputs: number;
  readonly simulatedInputs: number;
  readonly rows: number;
  readonly simulatedMacs: number;
  /** Share of the sums that 22 bits do not hold. */
  readonly wrapped: number;
}

/** A layer that is not simulated; `advice` where something can be done about it. */
export interface LeftOut {
  readonly id: string;
  /** The end of "is not simulated: …". */
  readonly reason: string;
  readonly advice?: string;
}

/** What a plan's model switches on the plan's rows; says nothing of joules. */
export interface SwitchingFigures {
  readonly layers: readonly SwitchedLayer[];
  readonly skipped: readonly LeftOut[];
  /** Rows that were run. */
  readonly samples: number;
  readonly array: ArrayShape;
  readonly cells: SimulatedUnits['cells'];
  /** Names of the files. */
  readonly data: string;
  readonly model: string;
}

/** Rows of the plan's data that are run, and transitions that are simulated for each layer and cell, at most. */
const mostSamples = 512;
const transitionsPerLayer = 2 ** 21;
const seed = 1;

/**
 * Gate-level switching of every layer that can be made integer, on at most 512 of the rows that a fit of the plan would use. Remembered
 * while model and data stay the same. Rejects with TierwiseError (`plan-without-data` and those of reading and running), AbortError.
 */
export async function switchingFigures(
  environment: Environment,
  read: ReadPlan & { readonly plan: Plan; readonly modelPath: string },
  units: SimulatedUnits,
  control: JobControl,
): Promise<SwitchingFigures> {
  const { plan, modelPath, dataPath } = read;
  if (dataPath === null || plan.data === undefined) {
    throw new TierwiseError(
      'plan-without-data',
      `${read.path} names no data, on which switching is simulated`,
      'Add a line such as: data "digits.npz" inputs x labels y split 0.8 seed 1',
    );
  }
  const { inputs, labels, split, seed: splitSeed } = plan.data;
  const variant = JSON.stringify([await fileHash(environment, dataPath), inputs, labels, split, splitSeed, units]);
  const figures = (): Promise<SwitchingFigures> =>
    environment.switching.get(modelPath, () => simulate(environment, { modelPath, dataPath }, plan, units, control), variant);
  try {
    const found = await figures();
    // Somebody else may have made them, who was not asked to stop.
    checkAbort(control.abort);
    return found;
  } catch (error) {
    // Somebody else asked for the same and gave up: that is no reason to give up here.
    if (isAbort(error) && control.abort?.aborted !== true) return figures();
    throw error;
  }
}

async function simulate(
  environment: Environment,
  { modelPath, dataPath }: { readonly modelPath: string; readonly dataPath: string },
  plan: Plan,
  units: SimulatedUnits,
  control: JobControl,
): Promise<SwitchingFigures> {
  const clause = plan.data!;
  const opened = await openModel(environment, modelPath);
  const runnable = runnableModel(opened);
  const data = await openRows(dataPath, clause, { abort: control.abort });
  try {
    checkAgainstModel(data, runnable);
    const fitRows = data.take(splitRows(data.rows.rows, clause.split, clause.seed).fit);
    const request = {
      ...asFloats(runnable),
      input: runnable.input,
      data: fitRows,
      runtime: modelRuntime(),
      samples: mostSamples,
      seed,
      context: contextOf(control, 'running the model'),
    };
    const { layers, skipped } = await switchedLayers(integerLayerStream(request), units, control);
    const names = { data: basename(dataPath), model: basename(modelPath) };
    return { layers, skipped, samples: Math.min(fitRows.rows, mostSamples), ...units, ...names };
  } finally {
    await data.close();
  }
}

async function switchedLayers(
  stream: IntegerLayerStream,
  units: SimulatedUnits,
  control: JobControl,
): Promise<Pick<SwitchingFigures, 'layers' | 'skipped'>> {
  const cells = units.cells.map((id) => macCell(id));
  const layers: SwitchedLayer[] = [];
  const skipped: LeftOut[] = [];
  let done = 0;
  for await (const layer of stream.layers) {
    const turn = async (): Promise<void> => {
      await nodeHost.pause();
      checkAbort(control.abort);
    };
    const begin = (cell: SwitchingCell, half: number): void => {
      const message = `${layer.id}: gates of the ${cell.id} cell`;
      control.onProgress?.({ stage: 'simulating', message, fraction: (done + half / cells.length) / stream.count });
    };
    const why = whyNotSimulated(layer, cells);
    if (why === null) layers.push(await switchedLayer(layer, cells, units.array, { begin, turn }));
    else skipped.push({ id: layer.id, ...why });
    done++;
  }
  return { layers, skipped: [...stream.skipped, ...skipped] };
}

/** Why a layer cannot be simulated in these cells; null when it can. */
function whyNotSimulated(layer: CalibratedLayer, cells: readonly SwitchingCell[]): Omit<LeftOut, 'id'> | null {
  if (transitionRows(layer).length === 0) return { reason: 'it sees one row only', advice: 'Give the plan more rows of data to fit on.' };
  const odd = cells.flatMap(({ allowed }) => layer.weights.find((weight) => !allowed.includes(weight)) ?? []);
  if (odd.length === 0) return null;
  return { reason: `it holds the weight ${odd[0]}, and the units hold only 0 and plus or minus 1, 2, 4 .. 64`, advice: adviceOnValues };
}

/** Units of a tile between two turns of the event loop. */
const unitsPerTurn = 64;

async function switchedLayer(
  layer: CalibratedLayer,
  cells: readonly SwitchingCell[],
  array: ArrayShape,
  { begin, turn }: { readonly begin: (cell: SwitchingCell, half: number) => void; readonly turn: () => Promise<void> },
): Promise<SwitchedLayer> {
  const results: TileEnergy[] = [];
  for (const [half, cell] of cells.entries()) {
    begin(cell, half);
    const steps = tileSteps(cell, layer, { array, seed, transitions: transitionsPerLayer });
    let step = steps.next();
    for (let unit = 0; step.done !== true; unit++, step = steps.next()) if (unit % unitsPerTurn === 0) await turn();
    results.push(step.value);
    await turn();
  }
  const predicted = predictedEnergy(layerEnergyTable(cells[0]!, layer, { seed, mapping: { array } }), layer.weights);
  const { energy, ...tiles } = results[0]!;
  const grouped = whole(energy) === 0 ? 0 : whole(predicted) / whole(energy) - 1;
  const switched = cells.map(({ id }, at) => ({ cell: id, energy: results[at]!.energy }));
  return { id: layer.id, streams: layer.positions === 1 ? 'samples' : 'positions', switched, grouped, ...tiles };
}

const whole = (energy: CellEnergy): number => energy.multiplier + energy.adder + energy.registers;
