import type { SelectLayer, InputSteps, JudgingRows, LayerView, PricedValues } from '../compress/select/types.ts';
import { activationScale, quantiseActivations } from '../energy/switching/integers.ts';
import { sumBits } from '../energy/switching/groups.ts';
import { layerEnergyTable } from '../energy/switching/layer-table.ts';
import { seededBelow } from '../energy/switching/random.ts';
import { emptyTransitions } from '../energy/switching/streams.ts';
import type { SwitchingCell } from '../energy/switching/streams.ts';
import { tileEnergy } from '../energy/switching/tile.ts';
import type { CellEnergy, IntegerLayer } from '../energy/switching/types.ts';
import type { ActivationSource } from '../fit/activations.ts';
import type { Numerics, RidgeSums, RowSource, SolveContext } from '../fit/index.ts';
import { layerRows } from '../fit/layer-rows.ts';
import { arranged, arrangement, inputChanges, sumPrices } from './select-arrange.ts';
import type { Arrangement } from './select-arrange.ts';

/** What a layer reads and should give, group by group. */
export interface ViewSources {
  readonly layer: SelectLayer;
  /** Smallest and largest value that the layer reads. */
  readonly range: { readonly low: number; readonly high: number };
  readonly groups: readonly {
    /** [rows, d] */
    readonly x: ActivationSource;
    /** [rows, k] with the bias in it. */
    readonly y: ActivationSource;
    /** [k] */
    readonly bias: Float64Array | null;
  }[];
  readonly cell: SwitchingCell;
  readonly price: (energy: CellEnergy) => number;
  readonly seed: number;
  readonly numerics: Numerics;
  readonly context: SolveContext;
  /** Whether inputs may go to any row of the array and sums start from a constant. */
  readonly arrange: boolean;
  /** Integers that the range of the inputs is spread over, 2..256. */
  readonly inputLevels: number;
}

/** A fifth of the samples judges; of their rows so many are kept. */
const judgingShare = 0.2;
const judgingRows = 1500;
/** Rows of activations that energy is simulated on. */
const energyRows = 2048;
const tableSamples = 256;
const tileRows = 64;

/** One or two passes over the layer's rows: range, then sums and the rows that judge and that energy is simulated on. */
export async function collectView(sources: ViewSources): Promise<LayerView> {
  const { layer, groups, cell, price, seed } = sources;
  const input = inputSteps(sources.range, sources.inputLevels);
  const views: { sums: RidgeSums; judging: JudgingRows }[] = [];
  const bytes: Uint8Array[] = [];
  for (const { x, y, bias } of groups) {
    const samples = x.rows / x.positions;
    const steering = samples < 2 ? x.rows : (samples - Math.max(1, Math.floor(samples * judgingShare))) * x.positions;
    const joined = layerRows(x, layer.outputs, { kind: 'rows', targets: y }, 0);
    const kept = keeper(x.rows, steering, x.positions, layer);
    const sums = await sources.numerics.sums(steeringRows(joined, steering, input, bias, kept), sources.context);
    views.push({ sums, judging: kept.judging() });
    bytes.push(kept.bytes());
  }
  const base = integerBase(layer, bytes, groups[0]!.x.positions);
  const activity = inputChanges({ ...base, weights: new Int8Array(0) });
  const placed = (integers: Int8Array): IntegerLayer => {
    const natural = { ...base, weights: integers };
    return sources.arrange ? arranged(natural, arrangement(natural, activity)) : natural;
  };
  return {
    input,
    groups: views,
    prices: (integers) => {
      const natural = { ...base, weights: integers };
      const found = pricesOf(cell, placed(integers), price, seed);
      if (!sources.arrange) return Promise.resolve(found);
      const how = arrangement(natural, activity);
      const perSquare = sumPrices(natural, how, activity, energyPerSumBit(cell, price));
      return Promise.resolve({ ...found, inputClass: naturalClasses(found.inputClass, how, natural), perSquare });
    },
    energy: (integers) => Promise.resolve(price(tileEnergy(cell, placed(integers), { rows: tileRows, seed }).energy)),
  };
}

/** Classes by input again, from classes by row of the array. */
function naturalClasses(byRow: Uint8Array, { order, startRows }: Arrangement, { d, groupInputs = d }: IntegerLayer): Uint8Array {
  const classes = new Uint8Array(d);
  order.forEach((input, at) => (classes[input] = byRow[at + (Math.floor(at / groupInputs) + 1) * startRows]!));
  return classes;
}

/** What a busy bit of a passing sum costs: a unit without weight under random sums of all 22 bits against the same under resting sums. */
function energyPerSumBit(cell: SwitchingCell, price: (energy: CellEnergy) => number): number {
  const below = seededBelow(7);
  const seen = emptyTransitions(1024);
  for (let t = 0; t < seen.count; t++) {
    seen.sumBefore[t] = below(2 ** sumBits) - 2 ** (sumBits - 1);
    seen.sum[t] = below(2 ** sumBits) - 2 ** (sumBits - 1);
  }
  return price(cell.transitionEnergy(0, seen)) / sumBits;
}

/** Unsigned bytes over the range; fewer levels have coarser steps and leave the highest bits of the bytes unused. */
function inputSteps({ low, high }: ViewSources['range'], levels: number): InputSteps {
  // A range that is spread over 256 levels is stretched so that the least and the most it holds are `levels` steps apart.
  const stretch = 255 / (levels - 1);
  const { scale, zeroPoint } = activationScale(low, high);
  // In float32, as the model stores it.
  return { scale: Math.fround(scale * stretch), zeroPoint: Math.round(zeroPoint / stretch), levels };
}

interface Keeper {
  /** x as stored, [count, d] from row `first` on; y without bias, [count, k]. */
  take(first: number, count: number, x: Float32Array, bytes: Uint8Array, y: Float32Array): void;
  judging(): JudgingRows;
  bytes(): Uint8Array;
}

/** Keeps what judges (evenly spread over the rows behind the steering ones) and the first rows as bytes. */
function keeper(rows: number, steering: number, positions: number, layer: SelectLayer): Keeper {
  const { inputs: d, outputs: k } = layer;
  const left = steering < rows ? rows - steering : rows;
  const start = steering < rows ? steering : 0;
  const count = Math.min(left, judgingRows);
  const x = new Float64Array(count * d);
  const y = new Float64Array(count * k);
  const runs = energyRuns(rows, positions);
  const bytes = new Uint8Array(runs.starts.length * runs.length * d);
  let next = 0;
  let run = 0;
  const rowOf = (at: number): number => start + Math.floor((at * left) / count);
  return {
    take(first, many, values, stored, targets) {
      // A run may lie in two chunks.
      for (; run < runs.starts.length && runs.starts[run]! < first + many; run++) {
        const begin = Math.max(first, runs.starts[run]!);
        const end = Math.min(first + many, runs.starts[run]! + runs.length);
        bytes.set(stored.subarray((begin - first) * d, (end - first) * d), (run * runs.length + begin - runs.starts[run]!) * d);
        if (runs.starts[run]! + runs.length > first + many) break;
      }
      for (; next < count && rowOf(next) < first + many; next++) {
        const r = rowOf(next) - first;
        for (let i = 0; i < d; i++) x[next * d + i] = values[r * d + i]!;
        for (let n = 0; n < k; n++) y[next * k + n] = targets[r * k + n]!;
      }
    },
    judging: () => ({ rows: count, x, y }),
    bytes: () => bytes,
  };
}

/**
 * Runs of successive rows, spread over all samples: samples differ more than places in one, so many short runs say more than few long
 * ones. Dense layers: one run, because successive rows are successive samples.
 */
function energyRuns(rows: number, positions: number): { readonly starts: readonly number[]; readonly length: number } {
  if (positions === 1) return { starts: [0], length: Math.min(rows, energyRows) };
  const length = Math.min(runRows, positions);
  const samples = rows / positions;
  const count = Math.min(Math.floor(energyRows / length), samples * Math.max(1, Math.floor(positions / length)));
  const places = positions - length + 1;
  const starts = Array.from({ length: count }, (_, r) => Math.floor((r * samples) / count) * positions + ((r * placeStep) % places));
  return { starts: starts.sort((a, b) => a - b), length };
}

const runRows = 16;
/** A prime: places of a window take turns. */
const placeStep = 61;

/** The rows before `steering`, x as its stored bytes mean it, y without the bias; `kept` sees every row. */
function steeringRows(joined: RowSource, steering: number, input: InputSteps, bias: Float64Array | null, kept: Keeper): RowSource {
  const { columns: d, outputs: k } = joined;
  return {
    rows: steering,
    columns: d,
    outputs: k,
    async *chunks(preferredRows?: number) {
      let first = 0;
      for await (const { rows, x, y } of joined.chunks(preferredRows)) {
        const bytes = new Uint8Array(rows * d);
        quantiseActivations(x.subarray(0, rows * d), input, bytes);
        const values = new Float32Array(rows * d);
        for (let at = 0; at < values.length; at++) values[at] = input.scale * (bytes[at]! - input.zeroPoint);
        const targets = Float32Array.from(y.subarray(0, rows * k));
        if (bias !== null) for (let at = 0; at < targets.length; at++) targets[at] = targets[at]! - bias[at % k]!;
        kept.take(first, rows, values, bytes, targets);
        const steer = Math.min(rows, steering - first);
        first += rows;
        if (steer > 0) yield { rows: steer, x: values.subarray(0, steer * d), y: targets.subarray(0, steer * k) };
      }
    },
  };
}

function integerBase(layer: SelectLayer, bytes: readonly Uint8Array[], positions: number): Omit<IntegerLayer, 'weights'> {
  const { inputs, outputs, groups } = layer;
  const rows = bytes[0]!.length / inputs;
  const d = inputs * groups;
  const activations = new Uint8Array(rows * d);
  bytes.forEach((group, g) => {
    for (let r = 0; r < rows; r++) activations.set(group.subarray(r * inputs, (r + 1) * inputs), r * d + g * inputs);
  });
  return {
    id: layer.id,
    d,
    k: outputs,
    rows,
    activations,
    positions: layer.positions,
    ...(positions > 1 ? { runRows: Math.min(runRows, positions) } : {}),
    ...(groups > 1 ? { groupInputs: inputs } : {}),
  };
}

/** Values that the cell cannot hold are never chosen: they cost more than anything. */
function pricesOf(cell: SwitchingCell, layer: IntegerLayer, price: (energy: CellEnergy) => number, seed: number): PricedValues {
  const { inputClass, classes, byPart } = layerEnergyTable(cell, layer, { samples: tableSamples, seed });
  const [multiplier, adder, registers] = byPart;
  const energy = Float64Array.from(multiplier, (m, at) => price({ multiplier: m, adder: adder[at]!, registers: registers[at]! }));
  return { inputClass, classes, energy: energy.map((e) => (Number.isFinite(e) ? e : Infinity)) };
}
