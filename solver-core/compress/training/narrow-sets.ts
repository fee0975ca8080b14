import { weightIndex } from '../../energy/switching/types.ts';
import type { ValueSet } from './stored-layer.ts';

/** What decides which values of a layer go first. */
export interface SetUse {
  readonly set: ValueSet;
  /** [255] multiply-adds per inference of all weights that hold the value at index v + 127. */
  readonly uses: Float64Array;
  /** [255] energy of one multiply-add of a unit that holds the value. */
  readonly energy: Float64Array;
  /** [255] ½·Σ F·s² over the weights that hold the value: what moving them by one step costs in loss, to second order. */
  readonly stiffness: Float64Array;
}

/** Keeps a quotient finite where moving a value costs nothing. */
const tinyLoss = 1e-12;

/**
 * Takes away the values that no weight holds, and of the others, over all layers together, the share whose removal saves most energy per
 * loss (method 5.4 b): uses·(E(v) − E(nn)) / (stiffness·(v − nn)²), nn the nearest value that remains. 0 and both ends of a set stay:
 * without them a layer loses its zeros or its range. A value whose removal would cost energy stays.
 * share: 0..1 of the values in use that may go, at least one. Returns the new sets, in the order of the layers.
 */
export function narrowSets(layers: readonly SetUse[], share: number): readonly ValueSet[] {
  const used = layers.map((layer) => ({
    ...layer,
    set: layer.set.filter((v, at, set) => mustStay(v, at, set) || layer.uses[weightIndex(v)]! > 0),
  }));
  const ranked = used.flatMap((layer, index) => candidates(layer).map((candidate) => ({ index, ...candidate })));
  ranked.sort((a, b) => b.score - a.score || a.index - b.index || a.value - b.value);
  const gone = used.map(() => new Set<number>());
  let left = Math.max(1, Math.floor(share * ranked.length));
  for (const { index, value, score } of ranked) {
    if (left === 0 || score < 0) break;
    // The nearest value may have gone a moment ago: then this one carries its weights and waits for the next round.
    if (neighbours(used[index]!.set, value).some((v) => gone[index]!.has(v))) continue;
    gone[index]!.add(value);
    left--;
  }
  return used.map(({ set }, index) => set.filter((v) => !gone[index]!.has(v)));
}

const mustStay = (value: number, at: number, set: ValueSet): boolean => value === 0 || at === 0 || at === set.length - 1;

function candidates({ set, uses, energy, stiffness }: SetUse): { readonly value: number; readonly score: number }[] {
  return Array.from(set).flatMap((value, place) => {
    if (mustStay(value, place, set)) return [];
    const at = weightIndex(value);
    const [below, above] = neighbours(set, value);
    const nearest = value - below! <= above! - value ? below! : above!;
    const saved = uses[at]! * (energy[at]! - energy[weightIndex(nearest)]!);
    return [{ value, score: saved / (stiffness[at]! * (value - nearest) ** 2 + tinyLoss) }];
  });
}

function neighbours(set: ValueSet, value: number): readonly number[] {
  const at = set.indexOf(value);
  return [set[at - 1], set[at + 1]].filter((v) => v !== undefined);
}
