import { floatAttribute, intAttribute } from '../../model/graph.ts';
import type { Machine } from './machine.ts';
import { nodeId } from './errors.ts';
import type { RunNode } from './rewrite.ts';
import type { Stored } from './stored.ts';
import { elementsOf } from './values.ts';

/** Weights of a layer as the kernels read them: one row without gaps per input, padded to whole vectors. */
export interface PackedWeights {
  readonly address: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Bytes from row to row. */
  readonly stride: number;
  /** False: a weight is infinite or not a number, so 0 · w is not 0 and nothing of this layer may be skipped. */
  readonly finite: boolean;
}

/** What a layer has done so far. */
export interface LayerCount {
  /** Multiply-adds of all inputs: rows · inputs · outputs. */
  readonly macs: number;
  /** Those of them that met a zero and were not made. */
  readonly skipped: number;
}

/** The layers with stored weights of one model: packed weights, biases and counters, kept as long as the model is open. */
export class Layers {
  /** False: the zeros are multiplied too. */
  readonly skipZeros: boolean;
  private readonly machine: Machine;
  private readonly stored: (name: string) => Stored | undefined;
  private readonly packed = new Map<string, PackedWeights>();
  private readonly biases = new Map<string, number>();
  private readonly counters = new Map<string, { readonly address: number; readonly weights: PackedWeights }>();

  constructor(machine: Machine, skipZeros: boolean, stored: (name: string) => Stored | undefined) {
    this.machine = machine;
    this.skipZeros = skipZeros;
    this.stored = stored;
  }

  /** Weights of a MatMul, Gemm or Dense node with a stored matrix; undefined when it is no such layer. */
  weightsOf(node: RunNode): PackedWeights | undefined {
    if (node.domain !== '' || !['MatMul', 'Gemm', 'Dense'].includes(node.op)) return undefined;
    const name = node.inputs[1] ?? '';
    const transposed = node.op === 'Gemm' && intAttribute(node, 'transB', 0) !== 0;
    const alpha = node.op === 'Gemm' ? floatAttribute(node, 'alpha', 1) : 1;
    const key = JSON.stringify([name, transposed, alpha]);
    const known = this.packed.get(key);
    if (known !== undefined) return known;
    const tensor = this.stored(name);
    if (tensor?.dims.length !== 2 || tensor.kind !== 'float') return undefined;
    const packed = pack(this.machine, tensor, transposed, alpha);
    this.packed.set(key, packed);
    return packed;
  }

  /** Address of a stored bias times `beta`, padded to whole vectors; undefined when it is not one stored number per output. */
  biasOf(name: string, outputs: number, beta: number): number | undefined {
    const key = JSON.stringify([name, outputs, beta]);
    const known = this.biases.get(key);
    if (known !== undefined) return known;
    const tensor = this.stored(name);
    const elements = elementsOf(tensor?.dims ?? [0]);
    const fits = tensor !== undefined && (elements === 1 || (elements === outputs && tensor.dims.at(-1) === outputs));
    if (!fits) return undefined;
    const address = this.machine.take(outputs * 4);
    const floats = this.machine.floats(address, outputs);
    for (let o = 0; o < outputs; o++) floats[o] = beta * (tensor.data[elements === 1 ? 0 : o] ?? 0);
    this.biases.set(key, address);
    return address;
  }

  /** Takes the memory that a layer needs beside its weights, before programs come and go. */
  reserve(node: RunNode, weights: PackedWeights): void {
    this.counterOf(node, weights);
    const beta = node.op === 'Gemm' ? floatAttribute(node, 'beta', 1) : 1;
    if (node.op !== 'MatMul' && node.inputs[2]) this.biasOf(node.inputs[2], weights.outputs, beta);
  }

  /** Address of a layer's counters: rows and inputs that were multiplied. */
  counterOf(node: RunNode, weights: PackedWeights): number {
    const id = nodeId(node);
    const known = this.counters.get(id);
    if (known !== undefined) return known.address;
    const address = this.machine.take(16);
    this.counters.set(id, { address, weights });
    return address;
  }

  /** By layer id, in the order of the graph. */
  counts(): ReadonlyMap<string, LayerCount> {
    return new Map(
      [...this.counters].map(([id, { address, weights }]) => {
        const [rows = 0, made = 0] = this.machine.doubles(address, 2);
        const macs = rows * weights.inputs * weights.outputs;
        return [id, { macs, skipped: macs - made * weights.outputs }];
      }),
    );
  }
}

function pack(machine: Machine, { dims, data }: Stored, transposed: boolean, alpha: number): PackedWeights {
  const [rows = 0, columns = 0] = dims;
  const [inputs, outputs] = transposed ? [columns, rows] : [rows, columns];
  const width = Math.ceil(outputs / 4) * 4;
  const address = machine.take(inputs * width * 4);
  const floats = machine.floats(address, inputs * width);
  let finite = true;
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) {
      const w = Math.fround(alpha * (transposed ? (data[o * columns + i] ?? 0) : (data[i * columns + o] ?? 0)));
      if (!Number.isFinite(w)) finite = false;
      floats[i * width + o] = w;
    }
  }
  return { address, inputs, outputs, stride: width * 4, finite };
}
