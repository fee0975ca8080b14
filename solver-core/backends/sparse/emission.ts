import type { Builder, ZeroList } from './builder.ts';
import type { Layers } from './layers.ts';
import type { RunNode } from './rewrite.ts';
import { unsupported } from './errors.ts';
import type { Value } from './values.ts';

/** What turning one node into steps needs. */
export interface Emission {
  readonly node: RunNode;
  /** undefined where an optional input is left out. */
  readonly inputs: readonly (Value | undefined)[];
  readonly builder: Builder;
  readonly opset: number;
  readonly layers: Layers;
  /** Lists of nonzeros by the name of the value. */
  readonly lists: Map<string, ZeroList>;
}

/** Makes the steps of a node and returns its values, in the order of its outputs. */
export type Emitter = (emission: Emission) => readonly Value[];

/** The input at `index`; rejects when it is left out. */
export function given({ node, inputs }: Emission, index: number): Value {
  const value = inputs[index];
  if (value === undefined) throw unsupported(node, `its input ${index} is missing`);
  return value;
}

/** An axis counted from 0. */
export function axisOf(emission: Emission, axis: number, rank: number): number {
  const at = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(at) || at < 0 || at > Math.max(0, rank - 1)) throw unsupported(emission.node, `axis ${axis} of ${rank} dimensions`);
  return at;
}
