import { buildModel } from '../../solver-core/onnx/index.ts';

/** Hidden units of the small network. */
const hidden = 16;

/** Bytes of an untrained network 64 -> 16 -> 10 for the digits; `change` edits its tensors. */
export function smallNetwork(change: (tensors: Map<string, Float32Array>) => void = () => undefined): Uint8Array {
  let state = 11;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) / 4;
  };
  const fill = (count: number): Float32Array => Float32Array.from({ length: count }, next);
  const dims: Readonly<Record<string, readonly number[]>> = { w1: [64, hidden], b1: [hidden], w2: [10, hidden], b2: [10] };
  const tensors = new Map(Object.entries(dims).map(([name, shape]) => [name, fill(shape.reduce((a, b) => a * b, 1))]));
  change(tensors);
  return buildModel({
    name: 'small',
    inputs: [{ name: 'x', type: 'float32', dims: ['n', 64] }],
    outputs: [{ name: 's', type: 'float32', dims: ['n', 10] }],
    nodes: [
      { op: 'Gemm', inputs: ['x', 'w1', 'b1'], outputs: ['h'] },
      { op: 'Relu', inputs: ['h'], outputs: ['a'] },
      { op: 'Gemm', inputs: ['a', 'w2', 'b2'], outputs: ['s'], attributes: { transB: 1 } },
    ],
    tensors: [...tensors].map(([name, data]) => ({ name, dims: [...dims[name]!], data })),
  });
}

/** Bytes of a network of one layer whose square of inputs is too large to hold. */
export function wideNetwork(): Uint8Array {
  return buildModel({
    name: 'wide',
    inputs: [{ name: 'x', type: 'float32', dims: ['n', 8192] }],
    outputs: [{ name: 's', type: 'float32', dims: ['n', 2] }],
    nodes: [{ op: 'Gemm', inputs: ['x', 'w'], outputs: ['s'] }],
    tensors: [{ name: 'w', dims: [8192, 2], data: new Float32Array(2 * 8192).fill(1) }],
  });
}

/** Text of a plan for the small network. */
export const smallPlan = `model "small.onnx"
data "digits.npz" inputs x labels y split 0.8 seed 1
target "ecp5-85f"
backend cpu

lower tier features {
  layers "Gemm_0"
  solve ridge lambda 30
  targets forward-projection seed 7
}

upper tier head {
  layers "Gemm_2"
  learn rls
}
`;
