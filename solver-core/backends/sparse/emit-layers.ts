import { floatAttribute, intAttribute } from '../../model/graph.ts';
import { broadcastDims, maxRows, stridesIn } from './broadcast.ts';
import type { ZeroList } from './builder.ts';
import { given, type Emission, type Emitter } from './emission.ts';
import { applyBinary } from './emit-elementwise.ts';
import { transposed } from './emit-move.ts';
import { runFailed, unsupported } from './errors.ts';
import type { PackedWeights } from './layers.ts';
import * as code from './opcodes.ts';
import { elementsOf, type Value } from './values.ts';

/** y = x W + bias; x: [..., inputs]. Where zeros are skipped, the nonzeros of x are listed once for all layers that read it. */
function layer(e: Emission, x: Value, weights: PackedWeights, bias: number): Value {
  const { builder, node } = e;
  const { inputs, outputs, stride, address, finite } = weights;
  if (x.dims.at(-1) !== inputs) throw runFailed(`a layer of ${inputs} inputs is given shape [${x.dims.join(', ')}]`);
  const rows = elementsOf(x.dims.slice(0, -1));
  const y = builder.output([...x.dims.slice(0, -1), outputs]);
  const counter = e.layers.counterOf(node, weights);
  const common = [rows, inputs, address, stride, stride, outputs, bias, counter] as const;
  if (!e.layers.skipZeros || !finite) builder.emit(code.opLayerDense, y.address, 0, 0, x.address, ...common);
  else {
    const { counts, entries } = listOf(e, x, rows, inputs);
    builder.emit(
      code.opLayerSkipping,
      y.address,
      counts,
      entries,
      x.storage === null ? 0 : x.address,
      ...common,
      builder.output([inputs]).address,
    );
  }
  return y;
}

function listOf(e: Emission, x: Value, rows: number, k: number): ZeroList {
  const name = e.node.inputs[0] ?? '';
  const known = e.lists.get(name);
  if (known !== undefined) return known;
  const list = e.builder.list(rows, k);
  e.builder.emit(code.opList, list.counts, list.entries, x.address, rows, k, 0, 0, 0, 0);
  e.lists.set(name, list);
  return list;
}

/** Products with a stored matrix are layers; others are plain products. */
const matMul: Emitter = (e) => {
  const weights = e.layers.weightsOf(e.node);
  if (weights !== undefined && given(e, 0).dims.length >= 1) return [layer(e, given(e, 0), weights, 0)];
  return [product(e, given(e, 0), given(e, 1))];
};

const dense: Emitter = (e) => {
  const weights = e.layers.weightsOf(e.node);
  if (weights === undefined) throw unsupported(e.node, 'weights that are not stored');
  const bias = e.layers.biasOf(e.node.inputs[2] ?? '', weights.outputs, 1);
  if (bias === undefined) throw unsupported(e.node, 'a bias that is not stored');
  return [layer(e, given(e, 0), weights, bias)];
};

const gemm: Emitter = (e) => {
  const { node } = e;
  const a = given(e, 0);
  const beta = floatAttribute(node, 'beta', 1);
  const x = intAttribute(node, 'transA', 0) === 0 ? a : transposed(e, a, [1, 0]);
  const weights = e.layers.weightsOf(node);
  const third = e.inputs[2];
  if (weights === undefined) {
    const b = intAttribute(node, 'transB', 0) === 0 ? given(e, 1) : transposed(e, given(e, 1), [1, 0]);
    const alpha = floatAttribute(node, 'alpha', 1);
    const plain = product(e, x, b);
    const scaled = alpha === 1 ? plain : applyBinary(e, code.fnMul, plain, e.builder.constant([], 'float', [alpha]));
    return [third === undefined ? scaled : plus(e, scaled, third, beta)];
  }
  const bias = third === undefined ? 0 : e.layers.biasOf(node.inputs[2] ?? '', weights.outputs, beta);
  // The list of an operand that was turned round is not that of the named value.
  const own = x === a ? e : { ...e, lists: new Map<string, ZeroList>() };
  const y = layer(own, x, weights, bias ?? 0);
  return [bias === undefined && third !== undefined ? plus(e, y, third, beta) : y];
};

function plus(e: Emission, y: Value, c: Value, beta: number): Value {
  return applyBinary(e, code.fnAdd, y, beta === 1 ? c : applyBinary(e, code.fnMul, c, e.builder.constant([], 'float', [beta])));
}

/** a b of activations, with broadcasting of the leading dimensions. */
function product(e: Emission, a: Value, b: Value): Value {
  const left = a.dims.length === 1 ? [1, ...a.dims] : a.dims;
  const right = b.dims.length === 1 ? [...b.dims, 1] : b.dims;
  const [m = 1, k = 1] = left.slice(-2);
  const [k2 = 1, n = 1] = right.slice(-2);
  if (k !== k2 || a.dims.length === 0 || b.dims.length === 0)
    throw runFailed(`shapes [${a.dims.join(', ')}] and [${b.dims.join(', ')}] cannot be multiplied`);
  const outer = broadcastDims([left.slice(0, -2), right.slice(0, -2)]);
  const products = elementsOf(outer);
  if (products > maxRows) throw runFailed(`shape [${outer.join(', ')}] has more than ${maxRows} products`);
  const tail = [...(a.dims.length === 1 ? [] : [m]), ...(b.dims.length === 1 ? [] : [n])];
  const y = e.builder.output([...outer, ...tail]);
  if (elementsOf(y.dims) === 0) return y;
  const steps = [stridesIn(left.slice(0, -2), outer), stridesIn(right.slice(0, -2), outer)] as const;
  const words: number[] = [];
  for (let p = 0; products > 1 && p < products; p++) {
    let rest = p;
    let [atA, atB] = [0, 0];
    for (let d = outer.length - 1; d >= 0; d--) {
      const place = rest % (outer[d] ?? 1);
      rest = Math.floor(rest / (outer[d] ?? 1));
      atA += place * (steps[0][d] ?? 0);
      atB += place * (steps[1][d] ?? 0);
    }
    words.push(atA * m * k * 4, atB * k * n * 4);
  }
  e.builder.emit(code.opProduct, y.address, a.address, b.address, words.length === 0 ? 0 : e.builder.table(words), products, m, k, n);
  return y;
}

/** Where only layers that skip read the result, it is never written: they are given the list of what is left. */
const threshold =
  (isOnlyListed: boolean): Emitter =>
  (e) => {
    const { builder, node } = e;
    const [x, limit, centre] = [given(e, 0), given(e, 1), e.inputs[2]];
    const k = x.dims.at(-1) ?? 1;
    const fits = (v: Value | undefined, one: boolean): boolean =>
      v === undefined || elementsOf(v.dims) === k || (one && elementsOf(v.dims) === 1);
    if (!fits(limit, true) || x.dims.length === 0)
      throw unsupported(node, `thresholds of shape [${limit.dims.join(', ')}] for ${k} channels`);
    if (!fits(centre, false)) throw unsupported(node, `a centre of shape [${(centre?.dims ?? []).join(', ')}] for ${k} channels`);
    const rows = elementsOf(x.dims) / Math.max(1, k);
    const rest = [
      rows,
      k,
      centre?.address ?? 0,
      limit.address,
      elementsOf(limit.dims) === 1 ? 0 : 4,
      intAttribute(node, 'nan', 0),
    ] as const;
    if (!isOnlyListed) {
      const y = builder.output(x.dims);
      builder.emit(code.opThreshold, y.address, x.address, ...rest);
      return [y];
    }
    const list = builder.list(rows, k);
    builder.emit(code.opList, list.counts, list.entries, x.address, ...rest);
    e.lists.set(node.outputs[0] ?? '', list);
    return [{ address: 0, dims: x.dims, kind: 'float', constant: false, storage: null }];
  };

/** Emitters by operator; Threshold is asked for with `thresholdEmitter`. */
export const layerOps: Readonly<Record<string, Emitter>> = { MatMul: matMul, Gemm: gemm, Dense: dense };

/** `isOnlyListed`: all readers are layers that skip. */
export const thresholdEmitter = threshold;
