import type { LinearForm } from '../../model/layer.ts';

/** Where the weights [groups, d, k] of a linear layer lie in its stored tensor, and what the node multiplies them by. */
export interface TensorLayout {
  /** Name of the stored tensor. */
  readonly name: string;
  /** [groups·d·k] place in the tensor of each weight. */
  readonly places: Uint32Array;
  /** The layer's weight is alpha times what is stored. */
  readonly alpha: number;
}

/** The layout of a linear layer's weight tensor. */
export function tensorLayout(name: string, { inputs: d, outputs, groups, transposed, alpha }: LinearForm): TensorLayout {
  const k = outputs / groups;
  const places = new Uint32Array(d * outputs);
  for (let g = 0, at = 0; g < groups; g++)
    for (let i = 0; i < d; i++) for (let n = 0; n < k; n++, at++) places[at] = transposed ? (g * k + n) * d + i : i * outputs + g * k + n;
  return { name, places, alpha };
}
