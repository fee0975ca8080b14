import { assert } from '../../model/error.ts';
import { inputClasses } from './classes.ts';
import type { InputClasses } from './classes.ts';
import { msbDistance } from './groups.ts';
import type { SumGrouping } from './groups.ts';
import { seededBelow } from './random.ts';
import { defaultArray, emptyTransitions, enteringSums, transitionRows, wrapSum } from './streams.ts';
import type { Mapping, SwitchingCell } from './streams.ts';
import type { CellEnergy, IntegerLayer, LayerEnergyTable, Transitions } from './types.ts';
import { cellParts, weightCount, weightIndex } from './types.ts';

/** How a table is made. */
export interface TableOptions {
  /** Transitions per class. Default 1024. */
  readonly samples?: number;
  /** Default 1. */
  readonly seed?: number;
  /** Default `msbDistance`. */
  readonly grouping?: SumGrouping;
  /** Default: 64 x 64, sums carried from tile to tile. */
  readonly mapping?: Partial<Mapping>;
  /**
   * Multiply-adds that the partial sums of a class may take, at most: of layers with more inputs than it allows, several units of a
   * column are drawn at one moment. Default 2^26, which no layer of less than 16 384 inputs needs.
   */
  readonly additions?: number;
}

/** Transitions drawn to find how often each group occurs, per transition that is simulated. */
const drawsPerSample = 4;

/**
 * Energy of every weight value on the data of one layer, per activity class of its inputs (method 5.2): units and moments of a class are
 * drawn with the seed; the groups of their partial-sum changes are strata, each simulated in proportion to how often it occurs among
 * four times as many draws; every weight is simulated on the same transitions. The other weights of the layer are as deployed: a table
 * is for these weights, see the module's tests for what it misses after they change. Weights that the cell cannot hold get NaN,
 * classes without inputs 0.
 */
export function layerEnergyTable(cell: SwitchingCell, layer: IntegerLayer, options: TableOptions = {}): LayerEnergyTable {
  const { samples = 1024 } = options;
  const { inputClass, classes } = inputClasses(layer);
  const energy = new Float64Array(classes * weightCount);
  const byPart = [new Float64Array(energy.length), new Float64Array(energy.length), new Float64Array(energy.length)] as const;
  for (const [of, transitions] of classTransitions(layer, { inputClass, classes }, options).entries()) {
    if (transitions.count === 0) continue;
    const row = of * weightCount;
    for (const part of byPart) part.fill(NaN, row, row + weightCount);
    energy.fill(NaN, row, row + weightCount);
    for (const weight of cell.allowed) {
      const at = row + weightIndex(weight);
      const mean = cell.transitionEnergy(weight, transitions);
      cellParts.forEach((part, p) => (byPart[p]![at] = mean[part]));
      energy[at] = mean.multiplier + mean.adder + mean.registers;
    }
  }
  return { layer: layer.id, cell: cell.id, inputClass, classes, energy, byPart, positions: layer.positions, samples };
}

/** Transitions of each class, at most `samples` each; none for a class without inputs. */
export function classTransitions(layer: IntegerLayer, of: InputClasses, options: TableOptions = {}): readonly Transitions[] {
  const { samples = 1024, seed = 1, grouping = msbDistance, mapping, additions = 2 ** 26 } = options;
  const moments = transitionRows(layer);
  assert(moments.length > 0, `layer ${layer.id} has no two successive rows`);
  const full = { array: defaultArray, sums: 'carried' as const, ...mapping };
  return Array.from({ length: of.classes }, (_, number) => {
    const inputs = Uint32Array.from(of.inputClass.keys()).filter((k) => of.inputClass[k] === number);
    if (inputs.length === 0) return emptyTransitions(0);
    const count = samples * drawsPerSample;
    const inSum = full.sums === 'carried' ? (layer.groupInputs ?? layer.d) : full.array.rows;
    const together = Math.min(count, Math.ceil((count * inSum) / additions));
    const drawn = draw(layer, inputs, moments, full, { count, together, below: seededBelow(seed * 31 + number) });
    return proportional(drawn, samples, grouping);
  });
}

/** `count` transitions of units in the rows `inputs` of the array, with replacement; `together` of them in one column at one moment. */
function draw(
  layer: IntegerLayer,
  inputs: Uint32Array,
  moments: Uint32Array,
  mapping: Mapping,
  { count, together, below }: { readonly count: number; readonly together: number; readonly below: (n: number) => number },
): Transitions {
  const drawn = emptyTransitions(count);
  for (let i = 0; i < count; i += together) {
    const units = Uint32Array.from({ length: Math.min(together, count - i) }, () => inputs[below(inputs.length)]!).sort();
    const n = below(layer.k);
    const row = moments[below(moments.length)]!;
    enteringSums(layer, { units, n, row, mapping }, (at, before, after) => {
      const k = units[at]!;
      drawn.activationBefore[i + at] = layer.activations[(row - 1) * layer.d + k]!;
      drawn.activation[i + at] = layer.activations[row * layer.d + k]!;
      drawn.sumBefore[i + at] = wrapSum(before);
      drawn.sum[i + at] = wrapSum(after);
    });
  }
  return drawn;
}

/**
 * `samples` of the transitions, every group in proportion to its share: the members of a group are taken in the order drawn, which is
 * random, at even steps over the list sorted by group.
 */
function proportional(drawn: Transitions, samples: number, grouping: SumGrouping): Transitions {
  const byGroup: number[][] = Array.from({ length: grouping.count }, () => []);
  for (let i = 0; i < drawn.count; i++) byGroup[grouping.group(drawn.sumBefore[i]!, drawn.sum[i]!)]!.push(i);
  const sorted = byGroup.flat();
  const taken = emptyTransitions(Math.min(samples, drawn.count));
  const step = sorted.length / taken.count;
  for (let i = 0; i < taken.count; i++) {
    const from = sorted[Math.floor((i + 0.5) * step)]!;
    taken.activationBefore[i] = drawn.activationBefore[from]!;
    taken.activation[i] = drawn.activation[from]!;
    taken.sumBefore[i] = drawn.sumBefore[from]!;
    taken.sum[i] = drawn.sum[from]!;
  }
  return taken;
}

/** What the grouped model says one inference costs with these weights [d, k], in the unit of `CellEnergy`. */
export function predictedEnergy(table: LayerEnergyTable, weights: Int8Array): CellEnergy {
  const d = table.inputClass.length;
  const k = weights.length / d;
  const used = new Float64Array(table.energy.length);
  for (let i = 0; i < d; i++) {
    const row = table.inputClass[i]! * weightCount;
    for (let n = 0; n < k; n++) used[row + weightIndex(weights[i * k + n]!)]!++;
  }
  const total = (part: Float64Array): number => {
    let sum = 0;
    for (let at = 0; at < used.length; at++) if (used[at]! > 0) sum += used[at]! * part[at]!;
    return sum * table.positions;
  };
  const [multiplier, adder, registers] = table.byPart;
  return { multiplier: total(multiplier), adder: total(adder), registers: total(registers) };
}
