import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { assert } from '../../model/error.ts';
import { buildModel, type BuiltGraph, type BuiltType, type BuiltValue } from '../../onnx/build-model.ts';
import { kernelSession, type OrtModule } from './ort-load.ts';

/** No single output of ONNX Runtime is larger: desktop VS Code's allocator ends the process on very large blocks (numerics reference 2.3). */
export const maxOutputBytes = 64 * 2 ** 20;

/**
 * Matrix kernels of ONNX Runtime, row-major, one thread. Operands may be views into larger arrays and are not copied; results are new
 * arrays, or `into` where that is given and the kernel can. Same operands and shapes: same bits. A call blocks the event loop until it is done.
 */
export interface OrtKernels {
  /** For records, e.g. "onnxruntime-node 1.30.0". */
  readonly version: string;
  /** A·Bᵀ in fp32: a [m, k], b [n, k] -> [m, n]. */
  timesTransposed32(a: Float32Array, b: Float32Array, m: number, n: number, k: number, into?: Float32Array): Promise<Float32Array>;
  /** The same in fp64. */
  timesTransposed64(a: Float64Array, b: Float64Array, m: number, n: number, k: number, into?: Float64Array): Promise<Float64Array>;
  /** op(A)·op(B) in fp64 -> [m, n]; a transposed operand is stored the other way round. */
  multiply64(a: Float64Array, b: Float64Array, shape: ProductShape): Promise<Float64Array>;
  /** C − op(A)·op(B) in fp64, in place: c [m, n] is overwritten. */
  subtractProduct64(c: Float64Array, a: Float64Array, b: Float64Array, shape: ProductShape): Promise<void>;
  /** [rows, columns] -> [columns, rows]. */
  transpose32(a: Float32Array, rows: number, columns: number, into?: Float32Array): Promise<Float32Array>;
  transpose64(a: Float64Array, rows: number, columns: number, into?: Float64Array): Promise<Float64Array>;
  transpose8(a: Uint8Array, rows: number, columns: number, into?: Uint8Array): Promise<Uint8Array>;
  /** A·B of unsigned bytes -> int32: a [m, k], b [k, n]. Exact while 255·255·k < 2³¹. */
  integerProduct(a: Uint8Array, b: Uint8Array | Int8Array, m: number, n: number, k: number, into?: Int32Array): Promise<Int32Array>;
  dispose(): Promise<void>;
}

export interface ProductShape {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

type Values = Float32Array | Float64Array | Uint8Array | Int8Array | Int32Array;

/** Kernels over a loaded library. Sessions are made at first use, one per operation and element type, for every shape. */
export function ortKernels(ort: OrtModule): OrtKernels {
  const sessions = new Map<string, Promise<InferenceSession>>();
  const session = (graph: BuiltGraph): Promise<InferenceSession> => {
    const known = sessions.get(graph.name);
    if (known !== undefined) return known;
    const opened = ort.InferenceSession.create(buildModel(graph), kernelSession);
    sessions.set(graph.name, opened);
    // A failure is told once and not remembered.
    opened.catch(() => sessions.delete(graph.name));
    return opened;
  };
  const run = async (graph: BuiltGraph, operands: readonly Tensor[], into?: Tensor): Promise<unknown> => {
    const feeds = Object.fromEntries(graph.inputs.map((input, i) => [input.name, operands[i]!]));
    const opened = await session(graph);
    const results = into === undefined ? await opened.run(feeds) : await opened.run(feeds, { y: into });
    return (into ?? results['y'])?.data;
  };
  const tensor = (type: BuiltType, data: Values, rows: number, columns: number): Tensor => {
    assert(data.length === rows * columns, `a [${rows}, ${columns}] operand has ${data.length} elements`);
    // Bytes of either sign need their type named; the other arrays tell it.
    return type === 'uint8' || type === 'int8'
      ? new ort.Tensor(type, data as Uint8Array, [rows, columns])
      : new ort.Tensor(data as Float32Array, [rows, columns]);
  };
  const target = (type: BuiltType, into: Values | undefined, rows: number, columns: number): Tensor | undefined =>
    into === undefined ? undefined : tensor(type, into, rows, columns);
  const transpose = (type: BuiltType, a: Values, rows: number, columns: number, into?: Values): Promise<unknown> =>
    run(transposeGraph(type), [tensor(type, a, rows, columns)], target(type, into, columns, rows));
  const timesTransposed = (
    type: 'float32' | 'float64',
    a: Values,
    b: Values,
    [m, n, k]: readonly [number, number, number],
    into?: Values,
  ) => run(productGraph(type, false, true), [tensor(type, a, m, k), tensor(type, b, n, k)], target(type, into, m, n));
  return {
    version: `onnxruntime-node ${ort.env.versions.node ?? ''}`.trimEnd(),
    timesTransposed32: async (a, b, m, n, k, into) => (await timesTransposed('float32', a, b, [m, n, k], into)) as Float32Array,
    timesTransposed64: async (a, b, m, n, k, into) => (await timesTransposed('float64', a, b, [m, n, k], into)) as Float64Array,
    multiply64: async (a, b, { m, k, n, transposeA, transposeB }) =>
      (await run(productGraph('float64', transposeA, transposeB), [
        transposeA ? tensor('float64', a, k, m) : tensor('float64', a, m, k),
        transposeB ? tensor('float64', b, n, k) : tensor('float64', b, k, n),
      ])) as Float64Array,
    async subtractProduct64(c, a, b, { m, k, n, transposeA, transposeB }) {
      const graph = subtractGraph(transposeA, transposeB);
      const left = transposeA ? tensor('float64', a, k, m) : tensor('float64', a, m, k);
      const right = transposeB ? tensor('float64', b, n, k) : tensor('float64', b, k, n);
      const into = tensor('float64', c, m, n);
      // The output may be the very memory of C: the library adds into it.
      await (await session(graph)).run({ a: left, b: right, c: into }, { y: into });
    },
    transpose32: async (a, rows, columns, into) => (await transpose('float32', a, rows, columns, into)) as Float32Array,
    transpose64: async (a, rows, columns, into) => (await transpose('float64', a, rows, columns, into)) as Float64Array,
    transpose8: async (a, rows, columns, into) => (await transpose('uint8', a, rows, columns, into)) as Uint8Array,
    integerProduct: async (a, b, m, n, k, into) => {
      const type = b instanceof Int8Array ? 'int8' : 'uint8';
      const operands = [tensor('uint8', a, m, k), tensor(type, b, k, n)];
      return (await run(integerGraph(type), operands, target('int32', into, m, n))) as Int32Array;
    },
    async dispose() {
      const opened = [...sessions.values()];
      sessions.clear();
      for (const one of opened) await (await one).release();
    },
  };
}

const value = (name: string, type: BuiltType, ...dims: string[]): BuiltValue => ({ name, type, dims });

/** Gemm with transB is the fastest layout of ONNX Runtime for both element types (numerics reference 2.1). */
function productGraph(type: 'float32' | 'float64', transA: boolean, transB: boolean): BuiltGraph {
  return {
    name: `product-${type}-${transA ? 't' : 'n'}${transB ? 't' : 'n'}`,
    inputs: [
      transA ? value('a', type, 'k', 'm') : value('a', type, 'm', 'k'),
      transB ? value('b', type, 'n', 'k') : value('b', type, 'k', 'n'),
    ],
    outputs: [value('y', type, 'm', 'n')],
    nodes: [{ op: 'Gemm', inputs: ['a', 'b'], outputs: ['y'], attributes: { transA: transA ? 1 : 0, transB: transB ? 1 : 0 } }],
  };
}

function subtractGraph(transA: boolean, transB: boolean): BuiltGraph {
  const product = productGraph('float64', transA, transB);
  const attributes = { transA: transA ? 1 : 0, transB: transB ? 1 : 0, alpha: { float: -1 } };
  return {
    ...product,
    name: `subtract-${product.name}`,
    inputs: [...product.inputs, value('c', 'float64', 'm', 'n')],
    nodes: [{ op: 'Gemm', inputs: ['a', 'b', 'c'], outputs: ['y'], attributes }],
  };
}

function transposeGraph(type: BuiltType): BuiltGraph {
  return {
    name: `transpose-${type}`,
    inputs: [value('a', type, 'm', 'n')],
    outputs: [value('y', type, 'n', 'm')],
    nodes: [{ op: 'Transpose', inputs: ['a'], outputs: ['y'], attributes: { perm: [1, 0] } }],
  };
}

function integerGraph(type: 'uint8' | 'int8'): BuiltGraph {
  return {
    name: `integer-product-${type}`,
    inputs: [value('a', 'uint8', 'm', 'k'), value('b', type, 'k', 'n')],
    outputs: [value('y', 'int32', 'm', 'n')],
    nodes: [{ op: 'MatMulInteger', inputs: ['a', 'b'], outputs: ['y'] }],
  };
}
