import { createRandom } from '../../../../solver-core/fit/prng.ts';
import type { SwitchingCell } from '../../../../solver-core/energy/switching/streams.ts';
import type { CellEnergy, IntegerLayer, Transitions } from '../../../../solver-core/energy/switching/types.ts';

/** A random layer; every `zeroEvery`-th input is always 0. */
export function randomLayer(of: {
  readonly d: number;
  readonly k: number;
  readonly rows: number;
  readonly seed: number;
  readonly runRows?: number;
  readonly groupInputs?: number;
  readonly zeroEvery?: number;
}): IntegerLayer {
  const random = createRandom(of.seed, 'layer');
  const { d, k, rows, zeroEvery = Infinity } = of;
  const weights = Int8Array.from({ length: d * k }, () => random.below(255) - 127);
  const activations = Uint8Array.from({ length: rows * d }, (_, at) =>
    (at % d) % zeroEvery === 0 && zeroEvery < d ? 0 : random.below(256),
  );
  const optional = {
    ...(of.runRows === undefined ? {} : { runRows: of.runRows }),
    ...(of.groupInputs === undefined ? {} : { groupInputs: of.groupInputs }),
  };
  return { id: 'random', weights, d, k, rows, activations, positions: 1, ...optional };
}

/** One transition of one unit, as text: weight, activations, 22-bit sums. */
export type Seen = string;

/** A cell that writes down what it is asked and prices a transition by whole numbers, so that sums of energies are exact. */
export function recordingCell(): SwitchingCell & { readonly seen: Seen[] } {
  const seen: Seen[] = [];
  return {
    id: 'array',
    seen,
    allowed: Array.from({ length: 255 }, (_, i) => i - 127),
    transitionEnergy(weight: number, { count, activationBefore, activation, sumBefore, sum }: Transitions): CellEnergy {
      const total = { multiplier: 0, adder: 0, registers: 0 };
      for (let t = 0; t < count; t++) {
        seen.push([weight, activationBefore[t], activation[t], sumBefore[t], sum[t]].join());
        total.multiplier += Math.abs(weight * (activation[t]! - activationBefore[t]!));
        total.adder += Math.abs(sum[t]! - sumBefore[t]!);
        total.registers += activation[t] === activationBefore[t] ? 0 : 1;
      }
      return { multiplier: total.multiplier / count, adder: total.adder / count, registers: total.registers / count };
    },
  };
}
